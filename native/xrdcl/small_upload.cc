#include "xrdcl/small_upload.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "posix/descriptor.h"
#include "posix/running_sum.h"
#include "xrdcl/page_checksums.h"
#include "xrdcl/status.h"

using XrdCl::XRootDStatus;

SmallUpload::SmallUpload(Completion completion, Options options)
    : SmallFileCopy(std::move(completion), std::move(options), "sourceCheckSum") {}

void SmallUpload::Begin() {
  using XrdCl::Access;
  using XrdCl::OpenFlags;
  const XRootDStatus status = Load();
  if (!status.IsOK()) return End(status);
  auto flags = OpenFlags::Update | OpenFlags::New;
  if (options_.make_directories) flags |= OpenFlags::MakePath;
  made_file_.Ask();
  Open(options_.target, flags, Access::UR | Access::UW | Access::GR | Access::OR);
}

XRootDStatus SmallUpload::Load() {
  const Descriptor file(open(options_.source.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  struct stat stats {};
  if (file.Number() < 0 || fstat(file.Number(), &stats) != 0) return CannotOpen(errno);
  if (S_ISDIR(stats.st_mode)) return CannotOpen(EISDIR);
  size_ = static_cast<std::uint64_t>(stats.st_size);
  if (size_ > options_.most || !S_ISREG(stats.st_mode)) return TooLarge();
  buffer_.resize(size_);
  return ReadWhole(file);
}

void SmallUpload::Opened() {
  made_file_.Opened();
  StatOpened([this](const XRootDStatus&, const XrdCl::StatInfo* info) {
    // If it can't be told, nothing will be removed; the copy goes on.
    if (info != nullptr) made_file_.Is(*info);
  });
}

void SmallUpload::Known() {
  if (Cancelled()) return Close(Interrupted());
  if (size_ == 0) return Written(XRootDStatus());
  made_file_.Wrote(size_);
  const auto length = static_cast<std::uint32_t>(buffer_.size());
  const Answer::Send write = [&](auto* handler) {
    if (!UsesPages()) return file_->Write(0, length, buffer_.data(), handler);
    auto sums = PageChecksums(buffer_.data(), buffer_.size());
    return file_->PgWrite(0, length, buffer_.data(), sums, handler);
  };
  Send(write, [this](const XRootDStatus& status, const Answer::Response&) { Written(status); });
}

void SmallUpload::Written(const XRootDStatus& status) {
  if (!status.IsOK() || !options_.sync) return ReadBack(status);
  Send([&](auto* handler) { return file_->Sync(handler); },
       [this](const XRootDStatus& synced, const Answer::Response&) { ReadBack(made_file_.Synced(synced)); });
}

void SmallUpload::ReadBack(const XRootDStatus& status) {
  if (!status.IsOK() || !options_.read_back || size_ == 0 || Cancelled()) return Close(status);
  // Into the same memory: of what was sent the sum is kept.
  RunningSum sent(RunningSum::Type::kCrc32c);
  sent.Update(buffer_.data(), buffer_.size());
  std::memset(buffer_.data(), 0, buffer_.size());
  const auto length = static_cast<std::uint32_t>(buffer_.size());
  Send([&](auto* handler) { return file_->Read(0, length, buffer_.data(), handler); },
       [this, expected = sent.Hex()](const XRootDStatus& read, const Answer::Response& response) {
         if (!read.IsOK()) return Close(XRootDStatus());
         XrdCl::ChunkInfo* info = nullptr;
         if (response) response->Get(info);
         RunningSum came(RunningSum::Type::kCrc32c);
         came.Update(buffer_.data(), buffer_.size());
         identical_ = info != nullptr && info->GetLength() == buffer_.size() && came.Hex() == expected;
         Close(XRootDStatus());
       });
}

void SmallUpload::Closed() { End(XRootDStatus()); }

void SmallUpload::Ending() { made_file_.Ended(); }

void SmallUpload::Tell(Napi::Env env, Napi::Object results) const {
  made_file_.Tell(env, results);
  if (identical_) results["readBack"] = Napi::String::New(env, *identical_ ? "identical" : "different");
}
