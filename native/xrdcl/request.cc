#include "xrdcl/request.h"

#include <atomic>
#include <utility>

#include "js/arguments.h"
#include "js/environment_data.h"
#include "threads/bounded_threads.h"
#include "xrdcl/status.h"

namespace {

BoundedThreads& Sender() {
  static auto* sender = new BoundedThreads(1);  // one: requests leave in the order of the calls
  return *sender;
}

// Requests that XrdCl holds.
std::atomic<int> unanswered{0};

}  // namespace

Request::Request(std::shared_ptr<JsQueue> queue, std::uint64_t id, Convert convert, JsQueue::Place place)
    : queue_(std::move(queue)), id_(id), convert_(convert), place_(place) {}

Request::Unanswered::Unanswered() { ++unanswered; }

Request::Unanswered::~Unanswered() { --unanswered; }

void Request::OnSender(std::function<void()> work) { Sender().Run(std::move(work)); }

Napi::Value Request::Start(Napi::Env env, Napi::Function callback, Convert convert, Send send,
                           std::shared_ptr<void> keep_alive, JsQueue::Place place) {
  EnvironmentData& data = EnvironmentData::Of(env);
  const std::uint64_t id = data.Begin(env, callback, std::move(keep_alive));
  OnSender([queue = data.Queue(), id, convert, place, send = std::move(send)] {
    std::unique_ptr<Request> request(new Request(queue, id, convert, place));
    const XrdCl::XRootDStatus status = send(request.get());
    if (status.IsOK()) {
      // The response may have come and gone already: the request isn't ours any more.
      static_cast<void>(request.release());
    } else {
      request->Settle(std::make_shared<XrdCl::XRootDStatus>(status), nullptr, false);
    }
  });
  return Napi::Number::New(env, static_cast<double>(id));
}

void Request::Release(const Napi::CallbackInfo& info) {
  EnvironmentData::Of(info.Env()).Release(info.Env(), LongArgument(info, 0));
}

bool Request::Stop(std::chrono::steady_clock::time_point deadline) {
  return Sender().Stop(deadline) && unanswered.load() == 0;
}

void Request::HandleResponse(XrdCl::XRootDStatus* status, XrdCl::AnyObject* response) {
  const bool more = status->IsOK() && status->code == XrdCl::suContinue;
  Settle(std::shared_ptr<XrdCl::XRootDStatus>(status), std::shared_ptr<XrdCl::AnyObject>(response), more);
  if (!more) delete this;
}

void Request::Settle(std::shared_ptr<XrdCl::XRootDStatus> status, std::shared_ptr<XrdCl::AnyObject> response,
                     bool more) {
  queue_->Post(
      [id = id_, convert = convert_, status = std::move(status), response = std::move(response), more](Napi::Env env) {
        EnvironmentData& data = EnvironmentData::Of(env);
        const Napi::Value error = StatusToJs(env, *status);
        const Napi::Value value = error.IsUndefined() ? convert(env, response.get()) : env.Undefined();
        if (more) {
          data.Notify(id, {error, value, Napi::Boolean::New(env, true)});
        } else {
          data.Finish(env, id, {error, value, Napi::Boolean::New(env, false)});
        }
      },
      place_);
}
