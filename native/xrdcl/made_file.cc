#include "xrdcl/made_file.h"

#include <XProtocol/XProtocol.hh>
#include <algorithm>

#include "xrdcl/stat_numbers.h"

using XrdCl::XRootDStatus;

namespace {

// fsync() fails with EINVAL for what it can't be done to, which the server tells as kXR_ArgInvalid.
bool CannotSync(const XRootDStatus& status) {
  if (status.code == XrdCl::errNotSupported || status.code == XrdCl::errNotImplemented) return true;
  if (status.code != XrdCl::errErrorResponse) return false;
  return status.errNo == kXR_Unsupported || status.errNo == kXR_InvalidRequest || status.errNo == kXR_ArgInvalid;
}

}  // namespace

bool MadeFile::Ask() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (asked_) return false;
  asked_ = Clock::now();
  return true;
}

void MadeFile::Opened() {
  const std::lock_guard<std::mutex> lock(mutex_);
  opened_ = true;
}

void MadeFile::Is(const XrdCl::StatInfo& info) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (id_) return;
  id_ = info.GetId();
  changed_ = info.GetModTime();
}

void MadeFile::Wrote(std::uint64_t end) {
  const std::lock_guard<std::mutex> lock(mutex_);
  size_ = std::max(size_, end);
}

XRootDStatus MadeFile::Synced(const XRootDStatus& status) {
  const std::lock_guard<std::mutex> lock(mutex_);
  synced_ = status.IsOK();
  return CannotSync(status) ? XRootDStatus() : status;
}

void MadeFile::Ended() {
  const std::lock_guard<std::mutex> lock(mutex_);
  ended_ = Clock::now();
}

void MadeFile::Tell(Napi::Env env, Napi::Object results) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  results["asked"] = Napi::Boolean::New(env, asked_.has_value());
  results["opened"] = Napi::Boolean::New(env, opened_);
  if (synced_) results["synced"] = Napi::Boolean::New(env, *synced_);
  if (!opened_ || !ours_ || !id_ || !ended_) return;
  const std::chrono::duration<double, std::milli> lasted = *ended_ - *asked_;
  auto made = Napi::Object::New(env);
  made["id"] = *id_;
  made["openedAt"] = Napi::Number::New(env, SecondsOf(changed_) * 1000);
  made["lasted"] = Napi::Number::New(env, lasted.count());
  made["size"] = Napi::Number::New(env, static_cast<double>(size_));
  results["made"] = made;
}
