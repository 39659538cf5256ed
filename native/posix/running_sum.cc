#include "posix/running_sum.h"

#include <zlib.h>

#include <XrdOuc/XrdOucCRC.hh>
#include <array>
#include <cinttypes>
#include <cstdio>

RunningSum::RunningSum(Type type) : type_(type), sum_(type == Type::kAdler32 ? 1 : 0) {}

void RunningSum::Update(const void* data, std::size_t size) {
  if (type_ == Type::kAdler32) {
    sum_ = static_cast<std::uint32_t>(adler32_z(sum_, static_cast<const Bytef*>(data), size));
  } else {
    sum_ = XrdOucCRC::Calc32C(data, size, sum_);
  }
}

std::string RunningSum::Hex() const {
  std::array<char, 9> hex{};
  static_cast<void>(std::snprintf(hex.data(), hex.size(), "%08" PRIx32, sum_));
  return hex.data();
}
