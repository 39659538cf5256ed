#include "xrdcl/read_checksum.h"

#include <XrdCl/XrdClFile.hh>
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "js/arguments.h"
#include "js/cancellable.h"
#include "js/completion.h"
#include "js/operation.h"
#include "posix/checksum_types.h"
#include "posix/running_sum.h"
#include "threads/local_work.h"
#include "xrdcl/answer.h"
#include "xrdcl/stat_numbers.h"
#include "xrdcl/status.h"

namespace {

using XrdCl::XRootDStatus;

constexpr std::uint64_t kPiece = 4 * 1024 * 1024;  // as copies ask for at once

enum Event { kHeldUp, kEnded, kPieceRead };

class RemoteChecksum final : public Cancellable, public std::enable_shared_from_this<RemoteChecksum> {
 public:
  RemoteChecksum(Completion completion, std::string url, const std::string& type, bool held_up)
      : Cancellable(completion.Owner(), held_up),
        completion_(std::move(completion)),
        url_(std::move(url)),
        sum_(type) {}

  // Before Run(): each piece is handed over, and summed by a second type, if there is one.
  void HandOver(const std::optional<std::string>& also) {
    hands_over_ = true;
    if (also) also_.emplace(*also);
  }

  // What waits to be allowed is given up when its environment ends, with the file still open: closing it waits for the
  // server, and that is not for JavaScript's thread.
  ~RemoteChecksum() override {
    if (!file_) return;
    LocalWork().Run([file = std::shared_ptr<XrdCl::File>(std::move(file_))] {});
  }

  // On a thread of ours: it may have to resolve a name.
  void Run() {
    if (Cancelled()) return End(Interrupted());
    file_ = std::make_unique<XrdCl::File>(XrdCl::File::DisableVirtRedirect);
    // Or it would open the path again after a break, and sum up one part of this file and one of another.
    file_->SetProperty("ReadRecovery", "false");
    Send([&](auto* handler) { return file_->Open(url_, XrdCl::OpenFlags::Read, XrdCl::Access::None, handler); },
         [this](const XRootDStatus& status, const Answer::Response&) {
           if (!status.IsOK()) return End(status);
           Opened();
         });
  }

  void Allow(std::uint64_t point) override {
    Cancellable::Allow(point);
    if (waiting_.exchange(false)) LocalWork().Run([self = shared_from_this(), this] { Next(); });
  }

 private:
  // The size came with the answer to open, if the server sends it; then this is answered within the call, under a lock
  // in which nothing else may be asked of the file. So whoever comes second goes on: the call or the answer.
  void Opened() {
    Send([this](auto* handler) { return file_->Stat(false, handler); },
         [this](const XRootDStatus& status, const Answer::Response& response) {
           XrdCl::StatInfo* info = nullptr;
           if (status.IsOK() && response != nullptr) response->Get(info);
           stat_status_ = status;
           if (info == nullptr && status.IsOK()) stat_status_ = NoSize();
           if (info != nullptr) opened_ = Identity{info->GetId(), SecondsOf(info->GetModTime())};
           if (info != nullptr) size_ = info->GetSize();
           if (sized_.exchange(true)) Sized();
         });
    if (sized_.exchange(true)) Sized();
  }

  void Sized() {
    if (!stat_status_.IsOK()) return Close(stat_status_);
    Next();
  }

  void Next() {
    if (Cancelled()) return Close(Interrupted());
    if (done_ == size_) return Close(XRootDStatus());
    if (!Allowed(done_ + 1)) return HoldUp();
    buffer_.resize(std::min(kPiece, size_ - done_));
    const auto length = static_cast<std::uint32_t>(buffer_.size());
    Send([&](auto* handler) { return file_->Read(done_, length, buffer_.data(), handler); },
         [this](const XRootDStatus& status, const Answer::Response& response) {
           if (!status.IsOK()) return Close(status);
           XrdCl::ChunkInfo* info = nullptr;
           if (response != nullptr) response->Get(info);
           const std::uint32_t got = info == nullptr ? 0 : info->GetLength();
           if (got != buffer_.size()) return Close(Incomplete(done_ + got));
           sum_.Update(buffer_.data(), got);
           if (also_) also_->Update(buffer_.data(), got);
           done_ += got;
           if (hands_over_) Deliver();
           Next();
         });
  }

  void Deliver() {
    auto piece = std::make_shared<std::vector<char>>(std::move(buffer_));
    completion_.Notify([piece](Napi::Env env) -> Completion::Arguments {
      return {Napi::Number::New(env, kPieceRead), Napi::Buffer<char>::Copy(env, piece->data(), piece->size())};
    });
  }

  void HoldUp() {
    waiting_.store(true);
    completion_.Notify([self = shared_from_this()](Napi::Env env) -> Completion::Arguments {
      return {Napi::Number::New(env, kHeldUp), Napi::Number::New(env, static_cast<double>(self->done_)),
              Napi::Number::New(env, static_cast<double>(self->size_))};
    });
  }

  // Closes the file, and ends with the first thing that went wrong.
  void Close(const XRootDStatus& failure) {
    Send([&](auto* handler) { return file_->Close(handler); },
         [this, failure](const XRootDStatus& status, const Answer::Response&) {
           End(failure.IsOK() ? status : failure);
         });
  }

  void Send(const Answer::Send& request, const Answer::Function& then) {
    Answer::To(request, [self = shared_from_this(), then](const XRootDStatus& status, Answer::Response response) {
      then(status, std::move(response));
    });
  }

  void End(const XRootDStatus& status) {
    file_.reset();
    std::vector<char>().swap(buffer_);  // the object stays until JavaScript has collected the Operation
    completion_.Finish([self = shared_from_this(), status](Napi::Env env) -> Completion::Arguments {
      auto result = Napi::Object::New(env);
      result["size"] = Napi::Number::New(env, static_cast<double>(self->size_));
      if (self->opened_) {
        result["id"] = Napi::String::New(env, self->opened_->id);
        result["modTime"] = Napi::Number::New(env, self->opened_->changed);
      }
      if (status.IsOK()) result["checksum"] = Napi::String::New(env, self->sum_.Hex());
      if (status.IsOK() && self->also_) result["also"] = Napi::String::New(env, self->also_->Hex());
      return {Napi::Number::New(env, kEnded), StatusToJs(env, status), result};
    });
  }

  static XRootDStatus NoSize() {
    return {XrdCl::stError, XrdCl::errInvalidResponse, 0, "the server tells no size of the file"};
  }

  XRootDStatus Incomplete(std::uint64_t got) const {
    return {XrdCl::stError, XrdCl::errDataError, 0, std::to_string(got) + " bytes came of " + std::to_string(size_)};
  }

  // What the open file is, beside its size.
  struct Identity {
    std::string id;
    double changed;  // seconds since the epoch, by the server's clock
  };

  const Completion completion_;
  const std::string url_;
  std::unique_ptr<XrdCl::File> file_;
  std::vector<char> buffer_;
  RunningSum sum_;
  std::optional<RunningSum> also_;
  bool hands_over_ = false;
  std::optional<Identity> opened_;
  std::uint64_t size_ = 0;
  std::uint64_t done_ = 0;
  XRootDStatus stat_status_;
  std::atomic<bool> sized_{false};
  std::atomic<bool> waiting_{false};  // for Allow()
};

}  // namespace

Napi::Value ReadChecksum(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::string url = StringArgument(info, 0);
  const std::string type = ChecksumTypeArgument(info, 1);
  const bool held_up = info[2].ToBoolean().Value();
  Completion completion = Completion::Begin(env, FunctionArgument(info, 3));
  auto work = std::make_shared<RemoteChecksum>(std::move(completion), url, type, held_up);
  LocalWork().Run([work] { work->Run(); });
  return Operation::New(env, work);
}

Napi::Value ReadFile(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::string url = StringArgument(info, 0);
  const std::string type = ChecksumTypeArgument(info, 1);
  std::optional<std::string> also;
  if (!info[2].IsUndefined()) also = ChecksumTypeArgument(info, 2);
  Completion completion = Completion::Begin(env, FunctionArgument(info, 3));
  auto work = std::make_shared<RemoteChecksum>(std::move(completion), url, type, true);
  work->HandOver(also);
  LocalWork().Run([work] { work->Run(); });
  return Operation::New(env, work);
}
