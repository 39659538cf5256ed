// A checksum of bytes that come piece by piece, as XRootD's servers compute it.
#pragma once

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

class XrdCksCalc;

class RunningSum {
 public:
  // adler32, crc32c, md5, or crc32, which is XRootD's own: it counts the length too. Another name throws
  // std::invalid_argument.
  explicit RunningSum(const std::string& type);
  static bool Knows(const std::string& type);
  void Update(const void* data, std::size_t size);
  // Lower case, all digits: 8, of md5 32. Nothing can be added afterwards.
  std::string Hex();

 private:
  using Step = uLong (*)(uLong sum, const Bytef* data, z_size_t size);

  struct Recycled {
    void operator()(XrdCksCalc* calculator) const;
  };

  Step step_ = nullptr;
  std::uint32_t sum_ = 0;
  std::unique_ptr<XrdCksCalc, Recycled> calculator_;  // instead of the two above
};
