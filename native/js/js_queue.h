// The one way in which a foreign thread (XrdCl's or ours) reaches JavaScript.
//
// Lifetime rules
//  1. One queue per JavaScript environment; foreign threads hold it by shared_ptr, never the environment.
//  2. Post() works on any thread at any time and never blocks on JavaScript. After Close() it drops the task.
//  3. A task may own plain C++ data only. JavaScript references live in the table of EnvironmentData, are named
//     by number in the task, and so are created and destroyed on the JavaScript thread alone.
//  4. Close() is called by the environment's cleanup hook; the ThreadSafeFunction isn't touched afterwards. At process
//     exit CloseAll() marks every queue closed and touches nothing else.
//  5. The queue keeps the event loop alive only between Ref() and Unref() (counted).
//  6. What a task throws becomes an uncaught exception of the environment; the other tasks run.
//  7. One call into JavaScript drains a small batch; what is left waits for the loop's next turn (setImmediate: a
//     ThreadSafeFunction that is called again would not let the loop turn), so that thousands of responses don't stall
//     it.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include "js/napi.h"

class JsQueue {
 public:
  using Task = std::function<void(Napi::Env)>;

  static std::shared_ptr<JsQueue> Create(Napi::Env env);
  // Marks the queues of all environments closed: the process is exiting, JavaScript won't run again.
  static void CloseAll();

  JsQueue(const JsQueue&) = delete;
  JsQueue& operator=(const JsQueue&) = delete;
  ~JsQueue() = default;

  void Post(Task task);
  // JavaScript thread only.
  void Ref(Napi::Env env);
  void Unref(Napi::Env env);
  void Close();

 private:
  JsQueue() = default;
  static void Drain(napi_env env, napi_value, void* context, void*);
  void RunBatch(Napi::Env env);
  void RunRest(Napi::Env env);

  std::mutex mutex_;
  std::deque<Task> tasks_;
  bool scheduled_ = false;
  bool closed_ = false;
  napi_threadsafe_function function_ = nullptr;
  // JavaScript thread only
  std::size_t references_ = 0;
  Napi::FunctionReference set_immediate_;
  Napi::FunctionReference run_batch_;
};
