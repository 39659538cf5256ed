#include "cancellable.h"

#include <mutex>
#include <unordered_set>

namespace {

std::mutex registry_mutex;
std::unordered_set<Cancellable*>& Registry() {
  // Never destroyed: threads may still end their work while static destructors run.
  static auto* registry = new std::unordered_set<Cancellable*>();
  return *registry;
}

}  // namespace

Cancellable::Cancellable(const void* owner) : owner_(owner) {
  const std::lock_guard<std::mutex> lock(registry_mutex);
  Registry().insert(this);
}

Cancellable::~Cancellable() {
  const std::lock_guard<std::mutex> lock(registry_mutex);
  Registry().erase(this);
}

void Cancellable::CancelAll(const void* owner) {
  const std::lock_guard<std::mutex> lock(registry_mutex);
  for (Cancellable* work : Registry()) {
    if (owner == nullptr || work->owner_ == owner) work->Cancel();
  }
}
