#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace tape {

// The disk buffer's bookkeeping, two 64-bit counters in a file that both sides map or read:
//   charged  what the server's clients added or gave up; only the plug-in writes it
//   freed    what the tape robot evicted, less what it staged; only the robot writes it
// Used is charged minus freed. One writer a counter: no lock is needed between the processes.
class BufferLedger {
 public:
  // Throws std::runtime_error when the file can't be mapped.
  BufferLedger(const std::string& path, std::int64_t limit);

  // Adds bytes if they fit, else changes nothing and returns false.
  bool reserve(std::int64_t bytes);
  // Adds bytes (negative: gives them back) without asking.
  void charge(std::int64_t bytes);
  bool fits(std::int64_t bytes) const;

 private:
  struct Counters {
    std::atomic<std::int64_t> charged;
    std::atomic<std::int64_t> freed;
  };
  std::int64_t used() const;

  Counters* counters_;
  std::int64_t limit_;
};

}  // namespace tape
