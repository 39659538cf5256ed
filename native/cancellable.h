// Work on a foreign thread that can be asked to stop: one by one, all of a JavaScript environment that ends, or all
// of the process when it exits.
#pragma once

#include <atomic>

class Cancellable {
 public:
  // `owner` names the environment; it is compared, never dereferenced.
  explicit Cancellable(const void* owner);
  Cancellable(const Cancellable&) = delete;
  Cancellable& operator=(const Cancellable&) = delete;
  virtual ~Cancellable();

  // Any thread; the work notices soon and ends in its own time.
  void Cancel() { cancelled_.store(true, std::memory_order_relaxed); }
  bool Cancelled() const { return cancelled_.load(std::memory_order_relaxed); }

  // With nullptr: everything.
  static void CancelAll(const void* owner);

 private:
  const void* const owner_;
  std::atomic<bool> cancelled_{false};
};
