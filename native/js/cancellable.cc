#include "js/cancellable.h"

#include <limits>
#include <unordered_set>

namespace {

std::mutex registry_mutex;
std::unordered_set<Cancellable*>& Registry() {
  // Never destroyed: threads may still end their work while static destructors run.
  static auto* registry = new std::unordered_set<Cancellable*>();
  return *registry;
}

}  // namespace

Cancellable::Cancellable(const void* owner, bool held_up)
    : owner_(owner), allowed_(held_up ? 0 : std::numeric_limits<std::uint64_t>::max()) {
  const std::lock_guard<std::mutex> lock(registry_mutex);
  Registry().insert(this);
}

Cancellable::~Cancellable() {
  const std::lock_guard<std::mutex> lock(registry_mutex);
  Registry().erase(this);
}

void Cancellable::Cancel() {
  const std::lock_guard<std::mutex> lock(mutex_);
  cancelled_.store(true, std::memory_order_relaxed);
  changed_.notify_all();
}

void Cancellable::Allow(std::uint64_t point) {
  const std::lock_guard<std::mutex> lock(mutex_);
  allowed_.store(point, std::memory_order_relaxed);
  changed_.notify_all();
}

void Cancellable::WaitUntilAllowed(std::uint64_t point) {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [&] { return Cancelled() || Allowed(point); });
}

void Cancellable::CancelAll(const void* owner) {
  const std::lock_guard<std::mutex> lock(registry_mutex);
  for (Cancellable* work : Registry()) {
    if (owner == nullptr || work->owner_ == owner) work->Cancel();
  }
}
