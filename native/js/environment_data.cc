#include "js/environment_data.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "js/cancellable.h"

Callback::Callback(Napi::Function function, std::shared_ptr<void> keep_alive, bool keeps_loop_alive)
    : keeps_loop_alive_(keeps_loop_alive), keep_alive_(std::move(keep_alive)), function_(Napi::Persistent(function)) {}

Callback::~Callback() {
#ifdef XRDCL_CHECK_THREADS
  if (owner_ != std::this_thread::get_id()) {
    std::fputs("xrootd-archive: a JavaScript reference died off its thread\n", stderr);
    std::abort();
  }
#endif
}

void Callback::Call(const std::vector<napi_value>& arguments) { function_.Call(arguments); }

EnvironmentData::EnvironmentData(Napi::Env env) : queue_(JsQueue::Create(env)) {}

void EnvironmentData::Attach(Napi::Env env) {
  auto* data = new EnvironmentData(env);
  env.SetInstanceData(data);
  env.AddCleanupHook([](EnvironmentData* self) { self->Close(); }, data);
}

EnvironmentData& EnvironmentData::Of(Napi::Env env) { return *env.GetInstanceData<EnvironmentData>(); }

std::uint64_t EnvironmentData::Begin(Napi::Env env, Napi::Function callback, std::shared_ptr<void> keep_alive,
                                     bool keeps_loop_alive) {
  const std::uint64_t id = next_++;
  callbacks_.emplace(id, std::make_unique<Callback>(callback, std::move(keep_alive), keeps_loop_alive));
  if (keeps_loop_alive) queue_->Ref(env);
  return id;
}

Callback* EnvironmentData::Find(std::uint64_t id) const {
  const auto found = callbacks_.find(id);
  return found == callbacks_.end() ? nullptr : found->second.get();
}

void EnvironmentData::Release(Napi::Env env, std::uint64_t id) {
  Callback* callback = Find(id);
  if (callback == nullptr || !callback->KeepsLoopAlive()) return;
  callback->LetLoopEnd();
  queue_->Unref(env);
}

void EnvironmentData::Drop(Napi::Env env, std::uint64_t id) { Take(env, id); }

std::unique_ptr<Callback> EnvironmentData::Take(Napi::Env env, std::uint64_t id) {
  const auto found = callbacks_.find(id);
  if (found == callbacks_.end()) return nullptr;
  std::unique_ptr<Callback> callback = std::move(found->second);
  callbacks_.erase(found);
  if (callback->KeepsLoopAlive()) queue_->Unref(env);
  return callback;
}

void EnvironmentData::Close() {
  Cancellable::CancelAll(queue_.get());
  queue_->Close();
  callbacks_.clear();
}
