// One asynchronous request to a server: sent from a thread of our own, answered on a thread of XrdCl, settled on the
// JavaScript thread.
//
// Sending isn't done on the JavaScript thread because the first request to a host resolves its name, which blocks.
// The request is destroyed by whoever has it last: the sender when sending failed, else HandleResponse().
#pragma once

#include <XrdCl/XrdClXRootDResponses.hh>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "js/js_queue.h"
#include "js/napi.h"

class Request final : public XrdCl::ResponseHandler {
 public:
  // Makes the JavaScript value of a response; it gets null where there is none. JavaScript thread.
  using Convert = Napi::Value (*)(Napi::Env env, XrdCl::AnyObject* response);
  using Send = std::function<XrdCl::XRootDStatus(XrdCl::ResponseHandler*)>;

  // Calls `callback(error | undefined, value, more)`: once, or for streamed responses several times, `more` being
  // true for all but the last. `keep_alive` lives until then. Returns the request's number, for Release().
  static Napi::Value Start(Napi::Env env, Napi::Function callback, Convert convert, Send send,
                           std::shared_ptr<void> keep_alive, JsQueue::Place place = JsQueue::Place::kLast);
  // JavaScript: release(number): the request doesn't keep the event loop alive any more; it is still answered.
  static void Release(const Napi::CallbackInfo& info);
  // Drops what isn't sent and waits for the sending thread; at process exit. False when that isn't back in time, or
  // requests are unanswered: then XrdCl's own end may hang.
  static bool Stop(std::chrono::steady_clock::time_point deadline);
  // Runs on the thread that sends, after what was sent before.
  static void OnSender(std::function<void()> work);

  // Held by every handler that XrdCl has, so that Stop() knows of it.
  class Unanswered {
   public:
    Unanswered();
    Unanswered(const Unanswered&) = delete;
    Unanswered& operator=(const Unanswered&) = delete;
    ~Unanswered();
  };

  ~Request() override = default;

  void HandleResponse(XrdCl::XRootDStatus* status, XrdCl::AnyObject* response) override;

 private:
  Request(std::shared_ptr<JsQueue> queue, std::uint64_t id, Convert convert, JsQueue::Place place);
  void Settle(std::shared_ptr<XrdCl::XRootDStatus> status, std::shared_ptr<XrdCl::AnyObject> response, bool more);

  const std::shared_ptr<JsQueue> queue_;
  const std::uint64_t id_;
  const Convert convert_;
  const JsQueue::Place place_;
  const Unanswered unanswered_;
};
