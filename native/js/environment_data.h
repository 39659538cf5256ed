// What the addon keeps for one JavaScript environment (main thread or worker): its queue, and the callbacks of the
// operations that are under way. All of it is touched on the JavaScript thread only; other threads have a Completion.
#pragma once

#include <cstdint>
#include <memory>
#include <thread>
#include <unordered_map>
#include <vector>

#include "js/js_queue.h"
#include "js/napi.h"

// A JavaScript function that an asynchronous operation calls, and the objects that must outlive the operation.
// Members are destroyed in reverse order; both need the JavaScript thread.
class Callback {
 public:
  Callback(Napi::Function function, std::shared_ptr<void> keep_alive, bool keeps_loop_alive);
  Callback(const Callback&) = delete;
  Callback& operator=(const Callback&) = delete;
  ~Callback();

  // Throws what the function throws; JsQueue takes it.
  void Call(const std::vector<napi_value>& arguments);
  bool KeepsLoopAlive() const { return keeps_loop_alive_; }
  void LetLoopEnd() { keeps_loop_alive_ = false; }

 private:
#ifdef XRDCL_CHECK_THREADS
  std::thread::id owner_ = std::this_thread::get_id();
#endif
  bool keeps_loop_alive_;
  std::shared_ptr<void> keep_alive_;
  Napi::FunctionReference function_;
};

class EnvironmentData {
 public:
  static void Attach(Napi::Env env);
  static EnvironmentData& Of(Napi::Env env);

  explicit EnvironmentData(Napi::Env env);
  EnvironmentData(const EnvironmentData&) = delete;
  EnvironmentData& operator=(const EnvironmentData&) = delete;
  ~EnvironmentData() = default;

  const std::shared_ptr<JsQueue>& Queue() const { return queue_; }

  // `keep_alive` lives until the operation ends, and so does the event loop if `keeps_loop_alive`.
  std::uint64_t Begin(Napi::Env env, Napi::Function callback, std::shared_ptr<void> keep_alive = nullptr,
                      bool keeps_loop_alive = true);
  // Calls back with `make(env)` and keeps the operation. Does nothing when it has ended.
  template <typename Make>
  void Notify(Napi::Env env, std::uint64_t id, const Make& make) {
    if (Callback* callback = Find(id)) callback->Call(make(env));
  }
  // Calls back for the last time.
  template <typename Make>
  void Finish(Napi::Env env, std::uint64_t id, const Make& make) {
    // Taken out first: the callback may start operations, which changes the table, and if it throws it has been called.
    if (const std::unique_ptr<Callback> callback = Take(env, id)) callback->Call(make(env));
  }
  // The operation goes on, but doesn't keep the event loop alive any more.
  void Release(Napi::Env env, std::uint64_t id);
  // Ends the operation without a call.
  void Drop(Napi::Env env, std::uint64_t id);

  Napi::FunctionReference operation_class;  // constructor of Operation

 private:
  Callback* Find(std::uint64_t id) const;
  std::unique_ptr<Callback> Take(Napi::Env env, std::uint64_t id);
  void Close();

  std::shared_ptr<JsQueue> queue_;
  std::uint64_t next_ = 1;
  std::unordered_map<std::uint64_t, std::unique_ptr<Callback>> callbacks_;
};
