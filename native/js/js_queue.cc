#include "js/js_queue.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace {

constexpr std::size_t kBatch = 8;

std::mutex registry_mutex;
std::vector<std::weak_ptr<JsQueue>>& Registry() {
  // Never destroyed: an environment may end while static destructors run.
  static auto* queues = new std::vector<std::weak_ptr<JsQueue>>();
  return *queues;
}

// What a task throws must not unwind through Node: it becomes an uncaught exception, as a throw in any event handler
// does. In an environment that is being terminated (worker.terminate(), process.exit() of a worker) every call fails,
// this one too, and nobody is left to be told.
void TellUncaught(const Napi::Error& error) {
  try {
    napi_fatal_exception(error.Env(), error.Value());
  } catch (const Napi::Error&) {
    return;
  }
}

}  // namespace

std::shared_ptr<JsQueue> JsQueue::Create(Napi::Env env) {
  std::shared_ptr<JsQueue> queue(new JsQueue());
  // The ThreadSafeFunction owns a reference of its own until it is finalized: Drain() finds a live object.
  auto* context = new std::shared_ptr<JsQueue>(queue);
  const napi_status status = napi_create_threadsafe_function(
      env, nullptr, nullptr, Napi::String::New(env, "xrootd-archive"), 0, 1, nullptr,
      [](napi_env, void*, void* hint) { delete static_cast<std::shared_ptr<JsQueue>*>(hint); }, context, &Drain,
      &queue->function_);
  if (status != napi_ok) {
    delete context;
    NAPI_THROW(Napi::Error::New(env, "cannot create a thread-safe function"), nullptr);
  }
  napi_unref_threadsafe_function(env, queue->function_);
  // Node's own, also when somebody replaces the global one later.
  queue->set_immediate_ = Napi::Persistent(env.Global().Get("setImmediate").As<Napi::Function>());
  // No reference of its own: it runs as long as there is an environment, and the ThreadSafeFunction has one.
  const auto run_batch = [raw = queue.get()](const Napi::CallbackInfo& info) { raw->RunBatch(info.Env()); };
  queue->run_batch_ = Napi::Persistent(Napi::Function::New(env, run_batch, "xrootd-archive"));
  const std::lock_guard<std::mutex> lock(registry_mutex);
  auto& queues = Registry();
  queues.erase(std::remove_if(queues.begin(), queues.end(), [](const auto& q) { return q.expired(); }), queues.end());
  queues.push_back(queue);
  return queue;
}

void JsQueue::CloseAll() {
  const std::lock_guard<std::mutex> lock(registry_mutex);
  for (const auto& weak : Registry()) {
    if (const auto queue = weak.lock()) {
      const std::lock_guard<std::mutex> queue_lock(queue->mutex_);
      queue->closed_ = true;
    }
  }
}

void JsQueue::Post(Task task) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (closed_) return;
  tasks_.push_back(std::move(task));
  if (scheduled_) return;
  // Unbounded and non-blocking: it can fail only while closing, and then nobody waits for the task.
  scheduled_ = napi_call_threadsafe_function(function_, nullptr, napi_tsfn_nonblocking) == napi_ok;
}

void JsQueue::Ref(Napi::Env env) {
  if (references_++ == 0) napi_ref_threadsafe_function(env, function_);
}

void JsQueue::Unref(Napi::Env env) {
  if (--references_ == 0) napi_unref_threadsafe_function(env, function_);
}

void JsQueue::Close() {
  std::deque<Task> dropped;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (closed_) return;
    closed_ = true;
    dropped.swap(tasks_);
  }
  set_immediate_.Reset();
  run_batch_.Reset();
  napi_release_threadsafe_function(function_, napi_tsfn_abort);
}

void JsQueue::Drain(napi_env env, napi_value, void* context, void*) {
  // Without an environment Node throws away calls that were waiting when it ended; the context is finalized already.
  if (env == nullptr) return;
  const std::shared_ptr<JsQueue> queue = *static_cast<std::shared_ptr<JsQueue>*>(context);
  queue->RunBatch(Napi::Env(env));
}

void JsQueue::RunRest(Napi::Env env) {
  const Napi::HandleScope scope(env);
  try {
    set_immediate_.Call({run_batch_.Value()});
  } catch (const Napi::Error& error) {
    TellUncaught(error);
  }
}

void JsQueue::RunBatch(Napi::Env env) {
  std::vector<Task> batch;
  bool more = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const std::size_t count = std::min(kBatch, tasks_.size());
    batch.reserve(count);
    std::move(tasks_.begin(), tasks_.begin() + static_cast<std::ptrdiff_t>(count), std::back_inserter(batch));
    tasks_.erase(tasks_.begin(), tasks_.begin() + static_cast<std::ptrdiff_t>(count));
    more = !tasks_.empty() && !closed_;
    scheduled_ = more;
  }
  if (more) RunRest(env);
  for (const Task& task : batch) {
    const Napi::HandleScope scope(env);
    try {
      task(env);
    } catch (const Napi::Error& error) {
      TellUncaught(error);
    }
  }
}
