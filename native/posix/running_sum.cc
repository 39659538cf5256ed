#include "posix/running_sum.h"

#include <XrdCks/XrdCksCalc.hh>
#include <XrdCks/XrdCksManager.hh>
#include <XrdOuc/XrdOucCRC.hh>
#include <XrdVersion.hh>
#include <algorithm>
#include <limits>
#include <stdexcept>

#include "posix/adler32.h"

namespace {

XrdVERSIONINFODEF(cks_version, xrootd_archive, XrdVNUMBER, XrdVERSION);

// libXrdCl's own manager of checksums isn't among its public headers.
class Manager {
 public:
  Manager() : manager_(nullptr, 0, cks_version) { manager_.Init(""); }
  XrdCksCalc* Make(const char* name) { return manager_.Object(name); }

 private:
  XrdCksManager manager_;
};

XrdCksCalc* Make(const char* name) {
  static Manager manager;
  return manager.Make(name);
}

uLong Adler(uLong sum, const Bytef* data, z_size_t size) {
  return Adler32(static_cast<std::uint32_t>(sum), data, size);
}

uLong Crc32c(uLong sum, const Bytef* data, z_size_t size) {
  return XrdOucCRC::Calc32C(data, size, static_cast<std::uint32_t>(sum));
}

std::string HexOf(const unsigned char* bytes, std::size_t size) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (std::size_t i = 0; i < size; ++i) {
    hex += kDigits[bytes[i] >> 4U];
    hex += kDigits[bytes[i] & 0xFU];
  }
  return hex;
}

}  // namespace

void RunningSum::Recycled::operator()(XrdCksCalc* calculator) const { calculator->Recycle(); }

bool RunningSum::Knows(const std::string& type) {
  return type == "adler32" || type == "crc32c" || type == "crc32" || type == "md5";
}

RunningSum::RunningSum(const std::string& type) {
  if (type == "adler32") {
    step_ = Adler;
    sum_ = 1;
  } else if (type == "crc32c") {
    step_ = Crc32c;
  } else if (type == "crc32" || type == "md5") {
    calculator_.reset(Make(type.c_str()));
  }
  if (step_ == nullptr && !calculator_) throw std::invalid_argument("no checksum is computed here by the name " + type);
}

void RunningSum::Update(const void* data, std::size_t size) {
  if (step_ != nullptr) {
    sum_ = static_cast<std::uint32_t>(step_(sum_, static_cast<const Bytef*>(data), size));
    return;
  }
  constexpr std::size_t kMost = std::numeric_limits<int>::max();
  for (const char* at = static_cast<const char*>(data); size > 0;) {
    const std::size_t piece = std::min(size, kMost);
    calculator_->Update(at, static_cast<int>(piece));
    at += piece;
    size -= piece;
  }
}

std::string RunningSum::Hex() {
  if (calculator_) {
    int size = 0;
    calculator_->Type(size);
    return HexOf(reinterpret_cast<const unsigned char*>(calculator_->Final()), static_cast<std::size_t>(size));
  }
  unsigned char bytes[4];
  for (unsigned i = 0; i < 4; ++i) bytes[i] = static_cast<unsigned char>(sum_ >> (24U - 8U * i));
  return HexOf(bytes, sizeof bytes);
}
