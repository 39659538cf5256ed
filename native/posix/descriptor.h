// A file descriptor that is closed at the latest when it goes out of scope.
#pragma once

#include <unistd.h>

#include <utility>

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { static_cast<void>(Close()); }

  // Less than 0: there is none.
  int Number() const { return number_; }
  int Close() { return number_ < 0 ? 0 : close(std::exchange(number_, -1)); }

 private:
  int number_;
};
