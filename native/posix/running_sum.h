// A checksum of bytes that come piece by piece, as XRootD's servers compute it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

class RunningSum {
 public:
  enum class Type { kAdler32, kCrc32c };

  explicit RunningSum(Type type);
  void Update(const void* data, std::size_t size);
  // Eight digits.
  std::string Hex() const;

 private:
  Type type_;
  std::uint32_t sum_;
};
