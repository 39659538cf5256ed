#include "xrdcl/page_checksums.h"

#include <algorithm>
#include <cstring>

#if defined(__x86_64__)

namespace {

constexpr std::size_t kPage = 4096;

__attribute__((target("sse4.2"))) std::uint32_t Crc32c(const char* data, std::size_t size) {
  std::uint64_t sum = 0xffffffff;
  for (; size >= sizeof(std::uint64_t); size -= sizeof(std::uint64_t), data += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, data, sizeof word);
    sum = __builtin_ia32_crc32di(sum, word);
  }
  auto short_sum = static_cast<std::uint32_t>(sum);
  for (; size > 0; --size, ++data) {
    short_sum = __builtin_ia32_crc32qi(short_sum, static_cast<unsigned char>(*data));
  }
  return ~short_sum;
}

}  // namespace

// XRootD's own asks the processor at every call what it can, with an instruction that a virtual machine has to ask its
// host about: for every page that takes longer than all else.
std::vector<std::uint32_t> PageChecksums(const char* data, std::size_t size) {
  std::vector<std::uint32_t> sums;
  if (!__builtin_cpu_supports("sse4.2")) return sums;
  sums.reserve((size + kPage - 1) / kPage);
  for (std::size_t at = 0; at < size; at += kPage) sums.push_back(Crc32c(data + at, std::min(kPage, size - at)));
  return sums;
}

#else

std::vector<std::uint32_t> PageChecksums(const char*, std::size_t) { return {}; }

#endif
