#include "threads/bounded_threads.h"

#ifdef __linux__
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include <thread>
#include <utility>

namespace {

// On a machine that is busy the event loop else waits for its turn longer than it works. XrdCl's threads have it from
// those of ours that start them.
void StandBack() {
#ifdef __linux__
  constexpr int kNiceness = 10;
  const int process = getpriority(PRIO_PROCESS, static_cast<id_t>(getpid()));
  // Linux has one for each thread. Refused, it is only slower.
  static_cast<void>(setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), process + kNiceness));
#endif
}

}  // namespace

void BoundedThreads::Run(std::function<void()> work) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (stopped_) return;
  queue_.push_back(std::move(work));
  if (queue_.size() > idle_ && threads_ < most_) {
    ++threads_;
    // Detached: Stop() waits for the count instead, and can give up at a thread that doesn't come back.
    std::thread([this] { Serve(); }).detach();
  } else {
    WakeOne();
  }
}

// Waking a thread costs the waker more than most work does: one is woken, and wakes the next if there is work for it.
void BoundedThreads::WakeOne() {
  if (waking_ || idle_ == 0) return;
  waking_ = true;
  work_.notify_one();
}

void BoundedThreads::Serve() {
  StandBack();
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopped_) {
    if (queue_.empty()) {
      ++idle_;
      work_.wait(lock);  // whatever woke it, the loop looks
      --idle_;
      waking_ = false;
      continue;
    }
    std::function<void()> work = std::move(queue_.front());
    queue_.pop_front();
    if (!queue_.empty()) WakeOne();
    lock.unlock();
    work();
    work = nullptr;
    lock.lock();
  }
  --threads_;
  ended_.notify_all();
}

bool BoundedThreads::Stop(std::chrono::steady_clock::time_point deadline) {
  std::deque<std::function<void()>> dropped;
  std::unique_lock<std::mutex> lock(mutex_);
  stopped_ = true;
  dropped.swap(queue_);
  work_.notify_all();
  return ended_.wait_until(lock, deadline, [this] { return threads_ == 0; });
}
