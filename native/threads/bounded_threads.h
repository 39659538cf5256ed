// Threads of our own for work that blocks: copies and checksums. Started when needed, never more than the bound,
// shared by all environments of the process. Not libuv's pool: hour-long copies would starve Node's fs and DNS.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>

class BoundedThreads {
 public:
  explicit BoundedThreads(std::size_t most) : most_(most) {}
  BoundedThreads(const BoundedThreads&) = delete;
  BoundedThreads& operator=(const BoundedThreads&) = delete;
  ~BoundedThreads() = default;

  // Queued when all threads are busy; dropped after Stop().
  void Run(std::function<void()> work);
  // Drops what is queued and waits until running work has ended; false when it hasn't by then.
  bool Stop(std::chrono::steady_clock::time_point deadline);

 private:
  void Serve();
  void WakeOne();

  const std::size_t most_;
  std::mutex mutex_;
  std::condition_variable work_;   // something to do, or stopped
  std::condition_variable ended_;  // a thread has ended
  std::deque<std::function<void()>> queue_;
  std::size_t threads_ = 0;
  std::size_t idle_ = 0;
  bool waking_ = false;  // a thread was woken and isn't there yet
  bool stopped_ = false;
};
