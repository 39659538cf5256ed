#include "buffer_ledger.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace tape {

static_assert(std::atomic<std::int64_t>::is_always_lock_free, "the counters are shared between processes");

BufferLedger::BufferLedger(const std::string& path, std::int64_t limit) : counters_(nullptr), limit_(limit) {
  int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) throw std::runtime_error("can't open " + path + ": " + std::strerror(errno));
  void* memory = mmap(nullptr, sizeof(Counters), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  int error = errno;
  close(fd);
  if (memory == MAP_FAILED) throw std::runtime_error("can't map " + path + ": " + std::strerror(error));
  counters_ = static_cast<Counters*>(memory);
}

std::int64_t BufferLedger::used() const { return counters_->charged.load() - counters_->freed.load(); }

bool BufferLedger::fits(std::int64_t bytes) const { return used() + bytes <= limit_; }

bool BufferLedger::reserve(std::int64_t bytes) {
  std::int64_t charged = counters_->charged.load();
  do {
    if (charged - counters_->freed.load() + bytes > limit_) return false;
  } while (!counters_->charged.compare_exchange_weak(charged, charged + bytes));
  return true;
}

void BufferLedger::charge(std::int64_t bytes) { counters_->charged.fetch_add(bytes); }

}  // namespace tape
