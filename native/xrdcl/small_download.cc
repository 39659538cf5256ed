#include "xrdcl/small_download.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "posix/descriptor.h"
#include "threads/local_work.h"
#include "xrdcl/status.h"

using XrdCl::XRootDStatus;

SmallDownload::SmallDownload(Completion completion, Options options)
    : SmallFileCopy(std::move(completion), std::move(options), "targetCheckSum") {}

void SmallDownload::Begin() { Open(options_.source, XrdCl::OpenFlags::Read, XrdCl::Access::None); }

void SmallDownload::Opened() {
  StatOpened([this](const XRootDStatus& status, const XrdCl::StatInfo* info) {
    stat_status_ = status;
    if (info != nullptr) size_ = info->GetSize();
  });
}

void SmallDownload::Known() {
  if (!stat_status_.IsOK()) return Close(stat_status_);
  if (size_ > options_.most) return Close(TooLarge());
  if (Cancelled()) return Close(Interrupted());
  if (size_ == 0) return Close(XRootDStatus());
  Read();
}

void SmallDownload::Read() {
  buffer_.resize(size_);
  const auto length = static_cast<std::uint32_t>(buffer_.size());
  if (UsesPages()) {
    Send([&](auto* handler) { return file_->PgRead(0, length, buffer_.data(), handler); },
         [this](const XRootDStatus& status, const Answer::Response& response) {
           Came<XrdCl::PageInfo>(status, response);
         });
  } else {
    Send([&](auto* handler) { return file_->Read(0, length, buffer_.data(), handler); },
         [this](const XRootDStatus& status, const Answer::Response& response) {
           Came<XrdCl::ChunkInfo>(status, response);
         });
  }
}

template <typename Info>
void SmallDownload::Came(const XRootDStatus& status, const Answer::Response& response) {
  if (!status.IsOK()) return Close(status);
  Info* info = nullptr;
  response->Get(info);
  const std::size_t got = info == nullptr ? 0 : info->GetLength();
  Close(got == size_ ? XRootDStatus() : Incomplete(got, size_));
}

void SmallDownload::Closed() {
  LocalWork().Run([self = shared_from_this(), this] { End(Store()); });
}

XRootDStatus SmallDownload::Store() {
  Descriptor file(Create());
  if (file.Number() < 0) return CannotOpen(errno);
  made_ = LocalFile::Open(file.Number());
  if (!file.WriteAll(buffer_.data(), buffer_.size())) return DiskFailed(errno);
  if (sums_) {
    // Of the file as it can be read now: what came says nothing about what was kept.
    XRootDStatus status = ReadWhole(file);
    if (!status.IsOK()) return status;
  }
  return file.Close() == 0 ? XRootDStatus() : DiskFailed(errno);
}

int SmallDownload::Create() const {
  constexpr int kFlags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  const mode_t mode = options_.owner_only ? 0600 : 0644;
  const int file = open(options_.target.c_str(), kFlags, mode);
  if (file >= 0 || errno != ENOENT || !options_.make_directories) return file;
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(options_.target).parent_path(), error);
  if (error) {
    errno = error.value();
    return -1;
  }
  return open(options_.target.c_str(), kFlags, mode);
}

void SmallDownload::Tell(Napi::Env env, Napi::Object results) const { made_.Tell(env, results); }
