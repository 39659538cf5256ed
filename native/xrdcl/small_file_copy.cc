#include "xrdcl/small_file_copy.h"

#include <XProtocol/XProtocol.hh>
#include <XrdCl/XrdClConstants.hh>
#include <XrdCl/XrdClDefaultEnv.hh>
#include <cerrno>
#include <system_error>
#include <utility>

#include "xrdcl/status.h"

using XrdCl::XRootDStatus;

SmallFileCopy::SmallFileCopy(Completion completion, Options options, const char* sum_name)
    : Cancellable(completion.Owner()),
      options_(std::move(options)),
      completion_(std::move(completion)),
      sum_name_(sum_name) {
  if (!options_.checksum_types.empty()) sums_.emplace(options_.checksum_types);
}

void SmallFileCopy::Run() {
  if (Cancelled()) {
    End(Interrupted());
  } else {
    Begin();
  }
}

XRootDStatus SmallFileCopy::CannotOpen(int error) {
  return {XrdCl::stError, XrdCl::errLocalError, static_cast<std::uint32_t>(XProtocol::mapError(error)),
          std::generic_category().message(error)};
}

XRootDStatus SmallFileCopy::DiskFailed(int error) {
  return {XrdCl::stError, XrdCl::errLocalError, static_cast<std::uint32_t>(error),
          std::generic_category().message(error)};
}

XRootDStatus SmallFileCopy::Incomplete(std::size_t got, std::size_t expected) {
  return {XrdCl::stError, XrdCl::errDataError, 0, std::to_string(got) + " bytes came of " + std::to_string(expected)};
}

XRootDStatus SmallFileCopy::TooLarge() {
  too_large_ = true;
  return {XrdCl::stError, XrdCl::errInvalidArgs};
}

XRootDStatus SmallFileCopy::ReadWhole(const Descriptor& file) {
  for (std::size_t done = 0; done < buffer_.size();) {
    const ssize_t got = file.ReadAt(buffer_.data() + done, buffer_.size() - done, done);
    if (got < 0) return DiskFailed(errno);
    if (got == 0) return Incomplete(done, buffer_.size());
    done += static_cast<std::size_t>(got);
  }
  if (sums_) sums_->Update(buffer_.data(), buffer_.size());
  return {};
}

void SmallFileCopy::Open(const std::string& url, XrdCl::OpenFlags::Flags flags, XrdCl::Access::Mode mode) {
  file_ = std::make_unique<XrdCl::File>(XrdCl::File::DisableVirtRedirect);
  // The environment's settings are for libXrdCl's own copies. After a reconnect the file at the path may be another.
  file_->SetProperty("WriteRecovery", "false");
  file_->SetProperty("ReadRecovery", "false");
  Send([&](auto* handler) { return file_->Open(url, flags, mode, handler); },
       [this](const XRootDStatus& status, const Answer::Response&) {
         if (!status.IsOK()) return End(status);
         Opened();
       });
}

void SmallFileCopy::StatOpened(
    const std::function<void(const XRootDStatus& status, const XrdCl::StatInfo* info)>& keep) {
  // What came with the answer to open is answered within the call, under a lock in which nothing else may be asked of
  // the file. So whoever comes second goes on: the call or the answer.
  Send([this](auto* handler) { return file_->Stat(false, handler); },
       [this, keep](const XRootDStatus& status, const Answer::Response& response) {
         XrdCl::StatInfo* info = nullptr;
         if (status.IsOK()) response->Get(info);
         keep(status, info);
         if (known_.exchange(true)) Known();
       });
  if (known_.exchange(true)) Known();
}

bool SmallFileCopy::UsesPages() const {
  int pages = XrdCl::DefaultCpUsePgWrtRd;
  XrdCl::DefaultEnv::GetEnv()->GetInt("CpUsePgWrtRd", pages);
  return pages == 1 && !file_->IsSecure();
}

void SmallFileCopy::Close(const XRootDStatus& failure) {
  Send([&](auto* handler) { return file_->Close(handler); },
       [this, failure](const XRootDStatus& status, const Answer::Response&) {
         if (!failure.IsOK()) return End(failure);
         if (!status.IsOK()) return End(status);
         if (Cancelled()) return End(Interrupted());
         Closed();
       });
}

void SmallFileCopy::Send(const Answer::Send& request, const Answer::Function& then) {
  Answer::To(request, [self = shared_from_this(), then](const XRootDStatus& status, Answer::Response response) {
    then(status, std::move(response));
  });
}

void SmallFileCopy::End(const XRootDStatus& status) {
  Ending();
  file_.reset();
  std::vector<char>().swap(buffer_);  // the object stays until JavaScript has collected the Operation
  completion_.Finish([self = shared_from_this(), status](Napi::Env env) -> Completion::Arguments {
    auto results = Napi::Object::New(env);
    results["bytes"] = Napi::Number::New(env, static_cast<double>(self->size_));
    results["tooLarge"] = Napi::Boolean::New(env, self->too_large_);
    if (status.IsOK()) results["size"] = Napi::Number::New(env, static_cast<double>(self->size_));
    if (self->sums_) {
      const auto& types = self->options_.checksum_types;
      const auto values = self->sums_->Hex();
      results[self->sum_name_] = types[0] + ":" + values[0];
      if (values.size() > 1) results["alsoCheckSum"] = types[1] + ":" + values[1];
    }
    self->Tell(env, results);
    return {StatusToJs(env, status), results};
  });
}
