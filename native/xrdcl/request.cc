#include "xrdcl/request.h"

#include <utility>

#include "js/arguments.h"
#include "js/completion.h"
#include "js/environment_data.h"
#include "threads/bounded_threads.h"
#include "xrdcl/status.h"

namespace {

BoundedThreads& Sender() {
  static auto* sender = new BoundedThreads(1);  // one: requests leave in the order of the calls
  return *sender;
}

void Settle(const Completion& completion, ConvertResponse convert, const XrdCl::XRootDStatus& status,
            std::shared_ptr<XrdCl::AnyObject> response) {
  const bool more = Answer::IsPart(status);
  auto make = [convert, status, response = std::move(response), more](Napi::Env env) -> Completion::Arguments {
    const Napi::Value error = StatusToJs(env, status);
    const Napi::Value value = error.IsUndefined() ? convert(env, response.get()) : env.Undefined();
    return {error, value, Napi::Boolean::New(env, more)};
  };
  if (more) {
    completion.Notify(std::move(make));
  } else {
    completion.Finish(std::move(make));
  }
}

}  // namespace

Napi::Value StartRequest(Napi::Env env, Napi::Function callback, ConvertResponse convert, Answer::Send send,
                         std::shared_ptr<void> keep_alive) {
  const Completion completion = Completion::Begin(env, callback, std::move(keep_alive));
  OnSender([completion, convert, send = std::move(send)] {
    Answer::To(send, [completion, convert](const XrdCl::XRootDStatus& status, Answer::Response response) {
      Settle(completion, convert, status, std::move(response));
    });
  });
  return completion.Number(env);
}

void ReleaseRequest(const Napi::CallbackInfo& info) {
  EnvironmentData::Of(info.Env()).Release(info.Env(), LongArgument(info, 0));
}

void OnSender(std::function<void()> work) { Sender().Run(std::move(work)); }

bool StopRequests(std::chrono::steady_clock::time_point deadline) {
  return Sender().Stop(deadline) && Answer::Outstanding() == 0;
}
