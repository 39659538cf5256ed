// How work on any thread calls the JavaScript function that it was given: the one type for this. A class that works for
// JavaScript holds a Completion, and says only what the arguments of the call are made of.
//
// It is a value: it may be copied, moved and destroyed on any thread, also after its environment has ended. It holds
// the environment's queue and the operation's number, and nothing of JavaScript's.
//
// What happens if ...
//  - the environment ends first (a worker ends, the main thread has nothing left to do): its functions are let go.
//    Notify() and Finish() may still be called, and do nothing.
//  - the process ends by process.exit(): likewise.
//  - Notify() or Finish() is called on the JavaScript thread, or before the function that began the operation has
//    returned: the callback comes later, never from within.
//  - the callback throws, or `make` does: that is an uncaught exception of the environment (JsQueue). After Finish()
//    the operation has ended all the same.
//  - Finish() is called twice, or Notify() after it, or JavaScript has dropped the operation: there is no callback, and
//    `make` isn't run.
//  - Finish() is never called: the event loop stays alive for ever, unless JavaScript releases the operation. So every
//    way through the work ends with it.
//  - the object that works is destroyed before the callback comes: `make` must own what it uses; a shared_ptr to the
//    object will do.
// `make` may own plain C++ data only: it is destroyed on the JavaScript thread, or on whichever thread drops it. The
// calls of one thread come in their order.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "js/environment_data.h"
#include "js/js_queue.h"
#include "js/napi.h"

class Completion {
 public:
  using Arguments = std::vector<napi_value>;

  // An operation begins; JavaScript thread. `keep_alive` lives until it ends, and so does the event loop if
  // `keeps_loop_alive`.
  static Completion Begin(Napi::Env env, Napi::Function callback, std::shared_ptr<void> keep_alive = nullptr,
                          bool keeps_loop_alive = true);

  // Calls back with `make(env)`, which runs on the JavaScript thread; the operation goes on.
  template <typename Make>
  void Notify(Make make) const {
    queue_->Post([id = id_, make = std::move(make)](Napi::Env env) { EnvironmentData::Of(env).Notify(env, id, make); });
  }

  // Calls back for the last time.
  template <typename Make>
  void Finish(Make make) const {
    queue_->Post([id = id_, make = std::move(make)](Napi::Env env) { EnvironmentData::Of(env).Finish(env, id, make); });
  }

  // The operation's number, by which JavaScript names it.
  Napi::Number Number(Napi::Env env) const { return Napi::Number::New(env, static_cast<double>(id_)); }
  // Names the environment; never dereferenced.
  const void* Owner() const { return queue_.get(); }

 private:
  Completion(std::shared_ptr<JsQueue> queue, std::uint64_t id) : queue_(std::move(queue)), id_(id) {}

  std::shared_ptr<JsQueue> queue_;
  std::uint64_t id_;
};
