// A stat in its shortest form, as lib/xrdcl/stat_info.ts reads it: flags, size, time of change.
#pragma once

#include <XrdCl/XrdClXRootDResponses.hh>
#include <algorithm>
#include <array>
#include <vector>

#include "napi.h"

using StatNumbers = std::array<double, 3>;

inline StatNumbers NumbersOf(const XrdCl::StatInfo& info) {
  return {static_cast<double>(info.GetFlags()), static_cast<double>(info.GetSize()),
          static_cast<double>(info.GetModTime())};
}

inline Napi::Float64Array NumbersToJs(Napi::Env env, const std::vector<StatNumbers>& stats) {
  auto numbers = Napi::Float64Array::New(env, stats.size() * StatNumbers().size());
  double* next = numbers.Data();
  for (const StatNumbers& each : stats) next = std::copy(each.begin(), each.end(), next);
  return numbers;
}
