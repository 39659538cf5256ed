#include "xrdcl/small_copy.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <XProtocol/XProtocol.hh>
#include <XrdCl/XrdClConstants.hh>
#include <XrdCl/XrdClDefaultEnv.hh>
#include <XrdCl/XrdClFile.hh>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "js/arguments.h"
#include "js/cancellable.h"
#include "js/environment_data.h"
#include "js/operation.h"
#include "posix/descriptor.h"
#include "posix/local_file.h"
#include "posix/running_sum.h"
#include "threads/local_work.h"
#include "xrdcl/answer.h"
#include "xrdcl/made_file.h"
#include "xrdcl/page_checksums.h"
#include "xrdcl/status.h"

namespace {

using XrdCl::XRootDStatus;

constexpr std::uint64_t kMost = 1024 * 1024;  // bytes of a file

// As libXrdCl tells it: a file that can't be opened in XRootD's numbers, a disk that fails in POSIX's.
XRootDStatus CannotOpen(int error) {
  return {XrdCl::stError, XrdCl::errLocalError, static_cast<std::uint32_t>(XProtocol::mapError(error)),
          std::generic_category().message(error)};
}

XRootDStatus DiskFailed(int error) {
  return {XrdCl::stError, XrdCl::errLocalError, static_cast<std::uint32_t>(error),
          std::generic_category().message(error)};
}

XRootDStatus Incomplete(std::size_t got, std::size_t expected) {
  return {XrdCl::stError, XrdCl::errDataError, 0, std::to_string(got) + " bytes came of " + std::to_string(expected)};
}

struct Options {
  std::string source;
  std::string target;
  bool make_directories;
  std::string checksum_type;
  bool sync;
};

class SmallCopy : public Cancellable, public std::enable_shared_from_this<SmallCopy> {
 public:
  // `sum_name` is how the results call the checksum of the local end.
  SmallCopy(const void* owner, std::shared_ptr<JsQueue> queue, std::uint64_t id, Options options, const char* sum_name)
      : Cancellable(owner), options_(std::move(options)), queue_(std::move(queue)), id_(id), sum_name_(sum_name) {
    if (options_.checksum_type == "adler32") sum_.emplace(RunningSum::Type::kAdler32);
    if (options_.checksum_type == "crc32c") sum_.emplace(RunningSum::Type::kCrc32c);
  }

  // On a thread of ours.
  void Run() {
    if (Cancelled()) {
      End(Interrupted());
    } else {
      Begin();
    }
  }

 protected:
  virtual void Begin() = 0;
  // The server's file is open: what follows ends with Close().
  virtual void Opened() = 0;
  // After StatOpened(): what follows ends with Close().
  virtual void Known() = 0;
  // Nothing went wrong up to here: what follows ends with End().
  virtual void Closed() = 0;

  virtual void Ending() {}
  // Into the results, what is known of the target; JavaScript thread.
  virtual void Tell(Napi::Env env, Napi::Object results) const = 0;

  static XRootDStatus Interrupted() {
    return {XrdCl::stError, XrdCl::errOperationInterrupted, kXR_Cancelled, "cancelled"};
  }

  // Fills the buffer, and sums it up.
  XRootDStatus ReadWhole(int file) {
    for (std::size_t done = 0; done < buffer_.size();) {
      const ssize_t got = pread(file, buffer_.data() + done, buffer_.size() - done, static_cast<off_t>(done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return DiskFailed(errno);
      if (got == 0) return Incomplete(done, buffer_.size());
      done += static_cast<std::size_t>(got);
    }
    if (sum_) sum_->Update(buffer_.data(), buffer_.size());
    return {};
  }

  XRootDStatus TooLarge() {
    too_large_ = true;
    return {XrdCl::stError, XrdCl::errInvalidArgs};
  }

  void Open(const std::string& url, XrdCl::OpenFlags::Flags flags, XrdCl::Access::Mode mode) {
    file_ = std::make_unique<XrdCl::File>(XrdCl::File::DisableVirtRedirect);
    // The environment's settings are for libXrdCl's own copies. After a reconnect the file at the path may be another.
    file_->SetProperty("WriteRecovery", "false");
    file_->SetProperty("ReadRecovery", "false");
    Send([&](auto* handler) { return file_->Open(url, flags, mode, handler); },
         [this](const XRootDStatus& status, XrdCl::AnyObject*) {
           if (!status.IsOK()) return End(status);
           Opened();
         });
  }

  // What the server said of the file in its answer to open, if it did, else it is asked; then Known().
  void StatOpened(const std::function<void(const XRootDStatus& status, const XrdCl::StatInfo* info)>& keep) {
    // What came with the answer to open is answered within the call, under a lock in which nothing else may be asked of
    // the file. So whoever comes second goes on: the call or the answer.
    Send([this](auto* handler) { return file_->Stat(false, handler); },
         [this, keep](const XRootDStatus& status, XrdCl::AnyObject* response) {
           XrdCl::StatInfo* info = nullptr;
           if (status.IsOK()) response->Get(info);
           keep(status, info);
           if (known_.exchange(true)) Known();
         });
    if (known_.exchange(true)) Known();
  }

  // As libXrdCl's own copies decide it: whether the bytes travel with a checksum for every page of them.
  bool UsesPages() const {
    int pages = XrdCl::DefaultCpUsePgWrtRd;
    XrdCl::DefaultEnv::GetEnv()->GetInt("CpUsePgWrtRd", pages);
    return pages == 1 && !file_->IsSecure();
  }

  // Closes the file, and ends with the first thing that went wrong.
  void Close(const XRootDStatus& failure) {
    Send([&](auto* handler) { return file_->Close(handler); },
         [this, failure](const XRootDStatus& status, XrdCl::AnyObject*) {
           if (!failure.IsOK()) return End(failure);
           if (!status.IsOK()) return End(status);
           if (Cancelled()) return End(Interrupted());
           Closed();
         });
  }

  // The next request, and what comes after it.
  void Send(const Answer::Send& request, const Answer::Function& then) {
    Answer::To(request, [self = shared_from_this(), then](const XRootDStatus& status, XrdCl::AnyObject* response) {
      then(status, response);
    });
  }

  void End(const XRootDStatus& status) {
    Ending();
    file_.reset();
    std::vector<char>().swap(buffer_);  // the object stays until JavaScript has collected the Operation
    queue_->Post([self = shared_from_this(), status](Napi::Env env) {
      auto results = Napi::Object::New(env);
      results["bytes"] = Napi::Number::New(env, static_cast<double>(self->size_));
      results["tooLarge"] = Napi::Boolean::New(env, self->too_large_);
      if (status.IsOK()) results["size"] = Napi::Number::New(env, static_cast<double>(self->size_));
      if (self->sum_) results[self->sum_name_] = self->options_.checksum_type + ":" + self->sum_->Hex();
      self->Tell(env, results);
      EnvironmentData::Of(env).Finish(env, self->id_, {StatusToJs(env, status), results});
    });
  }

  const Options options_;
  std::unique_ptr<XrdCl::File> file_;
  std::vector<char> buffer_;
  std::optional<RunningSum> sum_;
  std::uint64_t size_ = 0;
  bool too_large_ = false;  // for this way

 private:
  const std::shared_ptr<JsQueue> queue_;
  const std::uint64_t id_;
  const char* const sum_name_;
  std::atomic<bool> known_{false};
};

class Download final : public SmallCopy {
 public:
  Download(const void* owner, std::shared_ptr<JsQueue> queue, std::uint64_t id, Options options)
      : SmallCopy(owner, std::move(queue), id, std::move(options), "targetCheckSum") {}

 private:
  void Begin() override { Open(options_.source, XrdCl::OpenFlags::Read, XrdCl::Access::None); }

  void Opened() override {
    StatOpened([this](const XRootDStatus& status, const XrdCl::StatInfo* info) {
      stat_status_ = status;
      if (info != nullptr) size_ = info->GetSize();
    });
  }

  void Known() override {
    if (!stat_status_.IsOK()) return Close(stat_status_);
    if (size_ > kMost) return Close(TooLarge());
    if (Cancelled()) return Close(Interrupted());
    if (size_ == 0) return Close(XRootDStatus());
    Read();
  }

  void Read() {
    buffer_.resize(size_);
    const auto length = static_cast<std::uint32_t>(buffer_.size());
    if (UsesPages()) {
      Send([&](auto* handler) { return file_->PgRead(0, length, buffer_.data(), handler); },
           [this](const XRootDStatus& status, XrdCl::AnyObject* response) { Came<XrdCl::PageInfo>(status, response); });
    } else {
      Send(
          [&](auto* handler) { return file_->Read(0, length, buffer_.data(), handler); },
          [this](const XRootDStatus& status, XrdCl::AnyObject* response) { Came<XrdCl::ChunkInfo>(status, response); });
    }
  }

  template <typename Info>
  void Came(const XRootDStatus& status, XrdCl::AnyObject* response) {
    if (!status.IsOK()) return Close(status);
    Info* info = nullptr;
    response->Get(info);
    const std::size_t got = info == nullptr ? 0 : info->GetLength();
    Close(got == size_ ? XRootDStatus() : Incomplete(got, size_));
  }

  void Closed() override {
    LocalWork().Run([self = shared_from_this(), this] { End(Store()); });
  }

  XRootDStatus Store() {
    Descriptor file(Create());
    if (file.Number() < 0) return CannotOpen(errno);
    made_ = LocalFile::Open(file.Number());
    for (std::size_t done = 0; done < buffer_.size();) {
      const ssize_t written = write(file.Number(), buffer_.data() + done, buffer_.size() - done);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return DiskFailed(errno);
      done += static_cast<std::size_t>(written);
    }
    if (sum_) {
      // Of the file as it can be read now: what came says nothing about what was kept.
      XRootDStatus status = ReadWhole(file.Number());
      if (!status.IsOK()) return status;
    }
    return file.Close() == 0 ? XRootDStatus() : DiskFailed(errno);
  }

  int Create() const {
    constexpr int kFlags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    constexpr mode_t kMode = 0644;
    const int file = open(options_.target.c_str(), kFlags, kMode);
    if (file >= 0 || errno != ENOENT || !options_.make_directories) return file;
    std::error_code error;
    std::filesystem::create_directories(std::filesystem::path(options_.target).parent_path(), error);
    if (error) {
      errno = error.value();
      return -1;
    }
    return open(options_.target.c_str(), kFlags, kMode);
  }

  void Tell(Napi::Env env, Napi::Object results) const override { made_.Tell(env, results); }

  XRootDStatus stat_status_;
  LocalFile made_;
};

class Upload final : public SmallCopy {
 public:
  Upload(const void* owner, std::shared_ptr<JsQueue> queue, std::uint64_t id, Options options)
      : SmallCopy(owner, std::move(queue), id, std::move(options), "sourceCheckSum") {}

 private:
  void Begin() override {
    using XrdCl::Access;
    using XrdCl::OpenFlags;
    const XRootDStatus status = Load();
    if (!status.IsOK()) return End(status);
    auto flags = OpenFlags::Update | OpenFlags::New;
    if (options_.make_directories) flags |= OpenFlags::MakePath;
    made_file_.Ask();
    Open(options_.target, flags, Access::UR | Access::UW | Access::GR | Access::OR);
  }

  XRootDStatus Load() {
    const Descriptor file(open(options_.source.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    struct stat stats {};
    if (file.Number() < 0 || fstat(file.Number(), &stats) != 0) return CannotOpen(errno);
    if (S_ISDIR(stats.st_mode)) return CannotOpen(EISDIR);
    size_ = static_cast<std::uint64_t>(stats.st_size);
    if (size_ > kMost || !S_ISREG(stats.st_mode)) return TooLarge();
    buffer_.resize(size_);
    return ReadWhole(file.Number());
  }

  void Opened() override {
    made_file_.Opened();
    StatOpened([this](const XRootDStatus&, const XrdCl::StatInfo* info) {
      // If it can't be told, nothing will be removed; the copy goes on.
      if (info != nullptr) made_file_.Is(*info);
    });
  }

  void Known() override {
    if (Cancelled()) return Close(Interrupted());
    if (size_ == 0) return Written(XRootDStatus());
    made_file_.Wrote(size_);
    const auto length = static_cast<std::uint32_t>(buffer_.size());
    const Answer::Send write = [&](auto* handler) {
      if (!UsesPages()) return file_->Write(0, length, buffer_.data(), handler);
      auto sums = PageChecksums(buffer_.data(), buffer_.size());
      return file_->PgWrite(0, length, buffer_.data(), sums, handler);
    };
    Send(write, [this](const XRootDStatus& status, XrdCl::AnyObject*) { Written(status); });
  }

  void Written(const XRootDStatus& status) {
    if (!status.IsOK() || !options_.sync) return Close(status);
    Send([&](auto* handler) { return file_->Sync(handler); },
         [this](const XRootDStatus& synced, XrdCl::AnyObject*) { Close(made_file_.Synced(synced)); });
  }

  void Closed() override { End(XRootDStatus()); }

  void Tell(Napi::Env env, Napi::Object results) const override { made_file_.Tell(env, results); }

  void Ending() override { made_file_.Ended(); }

  MadeFile made_file_{true};
};

}  // namespace

Napi::Value CopySmall(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Options options{StringArgument(info, 0), StringArgument(info, 1), info[2].ToBoolean().Value(),
                  StringArgument(info, 3), info[4].ToBoolean().Value()};
  const bool download = info[5].ToBoolean().Value();
  EnvironmentData& data = EnvironmentData::Of(env);
  const std::uint64_t id = data.Begin(env, FunctionArgument(info, 6));
  std::shared_ptr<SmallCopy> copy;
  if (download) {
    copy = std::make_shared<Download>(&data, data.Queue(), id, std::move(options));
  } else {
    copy = std::make_shared<Upload>(&data, data.Queue(), id, std::move(options));
  }
  LocalWork().Run([copy] { copy->Run(); });
  return Operation::New(env, copy);
}
