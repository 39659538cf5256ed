// A file descriptor that is closed at the latest when it goes out of scope. Its calls go on when a signal interrupts
// them.
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <utility>

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { static_cast<void>(Close()); }

  // Less than 0: there is none.
  int Number() const { return number_; }
  // It stays open, and whoever opened it closes it.
  void Release() { number_ = -1; }
  int Close() { return number_ < 0 ? 0 : close(std::exchange(number_, -1)); }

  // As pread().
  ssize_t ReadAt(void* data, std::size_t size, std::uint64_t offset) const;
  // False, and errno, unless every byte was written.
  bool WriteAll(const void* data, std::size_t size) const;

 private:
  int number_;
};
