// Work on a foreign thread that can be asked to stop: one by one, all of a JavaScript environment that ends, or all
// of the process when it exits. Its thread may be held up until somebody allows it to go on; being asked to stop ends
// that too.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

class Cancellable {
 public:
  // `owner` names the environment (Completion::Owner()); it is compared, never dereferenced.
  explicit Cancellable(const void* owner, bool held_up = false);
  Cancellable(const Cancellable&) = delete;
  Cancellable& operator=(const Cancellable&) = delete;
  virtual ~Cancellable();

  // Any thread; the work notices soon and ends in its own time.
  void Cancel();
  bool Cancelled() const { return cancelled_.load(std::memory_order_relaxed); }

  // Any thread: how far work that is held up may go, in its own measure.
  virtual void Allow(std::uint64_t point);

  // With nullptr: everything.
  static void CancelAll(const void* owner);

 protected:
  bool Allowed(std::uint64_t point) const { return point <= allowed_.load(std::memory_order_relaxed); }
  // The work's thread waits until it may go on from here, or is cancelled.
  void WaitUntilAllowed(std::uint64_t point);

 private:
  const void* const owner_;
  // A part of this class, not of those that wait: CancelAll() may come while one of them is destroyed.
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> cancelled_{false};
  std::atomic<std::uint64_t> allowed_;
};
