// A stat in its shortest form, as lib/xrdcl/stat_info.ts reads it: flags, size, time of change, and the two halves of
// the identifier, 0 where it is no number.
#pragma once

#include <XrdCl/XrdClXRootDResponses.hh>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "js/napi.h"

using StatNumbers = std::array<double, 5>;

// libXrdCl keeps a time of change as an unsigned number; servers write a signed one.
inline double SecondsOf(std::uint64_t time) { return static_cast<double>(static_cast<std::int64_t>(time)); }

// A server prints a 64-bit integer (XrdXrootdProtocol::StatGen).
inline std::uint64_t NumberOfId(const std::string& text) {
  char* end = nullptr;
  errno = 0;
  const std::int64_t number = std::strtoll(text.c_str(), &end, 10);
  return errno != 0 || *end != '\0' ? 0 : static_cast<std::uint64_t>(number);
}

// libXrdCl takes any numbers. With flags that nobody has defined, or less than no bytes, the answer is garbage, and a
// flag that means "on tape" is no statement in it. XProtocol.hh defines 10 bits.
inline bool IsBelievable(const XrdCl::StatInfo& info) {
  constexpr std::uint32_t kMostFlags = 0xffff;
  return info.GetFlags() <= kMostFlags && static_cast<std::int64_t>(info.GetSize()) >= 0;
}

inline StatNumbers NumbersOf(const XrdCl::StatInfo& info) {
  const std::uint64_t id = NumberOfId(info.GetId());
  constexpr unsigned kHalf = 32;
  return {static_cast<double>(info.GetFlags()), static_cast<double>(info.GetSize()), SecondsOf(info.GetModTime()),
          static_cast<double>(id >> kHalf), static_cast<double>(static_cast<std::uint32_t>(id))};
}

inline Napi::Float64Array NumbersToJs(Napi::Env env, const std::vector<StatNumbers>& stats) {
  auto numbers = Napi::Float64Array::New(env, stats.size() * StatNumbers().size());
  double* next = numbers.Data();
  for (const StatNumbers& each : stats) next = std::copy(each.begin(), each.end(), next);
  return numbers;
}
