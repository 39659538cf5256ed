// Several checksums of the same bytes, which come piece by piece.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "posix/running_sum.h"

class RunningSums {
 public:
  // As RunningSum: another name throws std::invalid_argument.
  explicit RunningSums(const std::vector<std::string>& types);
  void Update(const void* data, std::size_t size);
  // In the order of the types. Nothing can be added afterwards.
  std::vector<std::string> Hex();

 private:
  std::vector<RunningSum> sums_;
};
