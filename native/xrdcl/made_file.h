// What an upload learns of the file that it makes on a server: that it was opened and what it is, so that it can be
// told from another at the same path afterwards; and whether the server has synced it.
//
// Threads: filled on XrdCl's threads, told on the JavaScript thread once the copy has ended.
#pragma once

#include <XrdCl/XrdClXRootDResponses.hh>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "js/napi.h"

class MadeFile {
 public:
  // `ours`: once it is open, all that is in it comes from this copy.
  explicit MadeFile(bool ours) : ours_(ours) {}

  // Opening it is asked for. False the second time: libXrdCl tries a copy again by itself if XRD_CPRETRY says so, and
  // then overwrites what is there.
  bool Ask();
  void Opened();
  // What the open handle says of it; the first time counts, when it is as the open left it.
  void Is(const XrdCl::StatInfo& info);
  // A request to write up to here is sent.
  void Wrote(std::uint64_t end);
  // The answer to the request to sync. Returns what fails the copy: not a server that can't do it.
  XrdCl::XRootDStatus Synced(const XrdCl::XRootDStatus& status);
  // The copy has ended.
  void Ended();

  // Into the results of a copy: `asked`, `opened`, `made` if that is known and `synced` if that was asked for.
  void Tell(Napi::Env env, Napi::Object results) const;

 private:
  using Clock = std::chrono::steady_clock;

  const bool ours_;
  mutable std::mutex mutex_;
  std::optional<Clock::time_point> asked_;
  std::optional<Clock::time_point> ended_;
  bool opened_ = false;
  std::optional<std::string> id_;
  std::uint64_t changed_ = 0;  // by the server's clock
  std::uint64_t size_ = 0;
  std::optional<bool> synced_;
};
