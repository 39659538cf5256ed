#include "xrdcl/stat_many.h"

#include <atomic>
#include <cstdint>
#include <utility>

#include "js/completion.h"
#include "xrdcl/answer.h"
#include "xrdcl/request.h"
#include "xrdcl/stat_numbers.h"
#include "xrdcl/status.h"

namespace {

// Shared by the requests of one call. Each writes what is its own; the last one tells.
class Batch : public std::enable_shared_from_this<Batch> {
 public:
  Batch(Completion completion, std::size_t size)
      : completion_(std::move(completion)), values_(size), errors_(size), left_(size) {}

  void Take(std::size_t index, const XrdCl::XRootDStatus& status, const XrdCl::StatInfo* info) {
    if (status.IsOK() && info != nullptr && IsBelievable(*info)) {
      values_[index] = NumbersOf(*info);
    } else {
      values_[index][0] = -1;
      errors_[index] = status.IsOK() ? XrdCl::XRootDStatus(XrdCl::stError, XrdCl::errInvalidResponse) : status;
    }
    if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) Tell();
  }

  void Tell() {
    completion_.Finish([self = shared_from_this()](Napi::Env env) -> Completion::Arguments {
      return {env.Undefined(), self->Result(env), Napi::Boolean::New(env, false)};
    });
  }

 private:
  Napi::Value Result(Napi::Env env) const {
    auto errors = Napi::Array::New(env);
    std::uint32_t count = 0;
    for (std::size_t i = 0; i < errors_.size(); ++i) {
      if (values_[i][0] >= 0) continue;
      auto error = Napi::Array::New(env, 2);
      error[0U] = Napi::Number::New(env, static_cast<double>(i));
      error[1U] = StatusToJs(env, errors_[i]);
      errors[count++] = error;
    }
    auto result = Napi::Object::New(env);
    result["values"] = NumbersToJs(env, values_);
    result["errors"] = errors;
    return result;
  }

  const Completion completion_;
  std::vector<StatNumbers> values_;
  std::vector<XrdCl::XRootDStatus> errors_;
  std::atomic<std::size_t> left_;
};

}  // namespace

Napi::Value StatMany(Napi::Env env, std::shared_ptr<XrdCl::FileSystem> file_system, std::vector<std::string> paths,
                     std::uint16_t timeout, Napi::Function callback) {
  const Completion completion = Completion::Begin(env, callback, file_system);
  auto batch = std::make_shared<Batch>(completion, paths.size());
  OnSender([batch, file_system = std::move(file_system), paths = std::move(paths), timeout] {
    if (paths.empty()) batch->Tell();
    for (std::size_t i = 0; i < paths.size(); ++i) {
      Answer::To([&](auto* handler) { return file_system->Stat(paths[i], handler, timeout); },
                 [batch, i](const XrdCl::XRootDStatus& status, const Answer::Response& response) {
                   XrdCl::StatInfo* info = nullptr;
                   if (response != nullptr) response->Get(info);
                   batch->Take(i, status, info);
                 });
    }
  });
  return completion.Number(env);
}
