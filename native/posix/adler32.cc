#include "posix/adler32.h"

#include <zlib.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include <algorithm>

namespace {

std::uint32_t Plain(std::uint32_t sum, const unsigned char* data, std::size_t size) {
  return static_cast<std::uint32_t>(adler32_z(sum, data, size));
}

#ifdef __x86_64__

constexpr std::uint64_t kModulus = 65521;
constexpr std::size_t kStep = 32;        // bytes of a vector
constexpr std::size_t kMostSteps = 173;  // as zlib: until then no sum of 32 bits runs over

__attribute__((target("avx2"))) std::uint64_t Total(__m256i lanes) {
  alignas(32) std::uint32_t each[8];
  _mm256_store_si256(reinterpret_cast<__m256i*>(each), lanes);
  std::uint64_t total = 0;
  for (const std::uint32_t one : each) total += one;
  return total;
}

// The lower half of an adler32 is a sum of bytes, and the upper half the sum of all values that the lower one has had.
// In one step of 32 bytes the upper one gets 32 times the lower one as it was, and 32 times the first byte, 31 times
// the second, and so on.
__attribute__((target("avx2"))) std::uint32_t Vectors(std::uint32_t sum, const unsigned char* data, std::size_t size) {
  const __m256i weights = _mm256_setr_epi8(32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14,
                                           13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1);
  const __m256i ones = _mm256_set1_epi16(1);
  const __m256i zero = _mm256_setzero_si256();
  std::uint64_t lower = sum & 0xFFFFU;
  std::uint64_t upper = sum >> 16U;
  while (size >= kStep) {
    const std::size_t steps = std::min(size / kStep, kMostSteps);
    __m256i bytes = zero;     // sum of the bytes
    __m256i before = zero;    // sum of `bytes` as it was before each step
    __m256i weighted = zero;  // sum of the weighted bytes of each step
    for (std::size_t i = 0; i < steps; ++i) {
      const __m256i piece = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(data + i * kStep));
      before = _mm256_add_epi32(before, bytes);
      bytes = _mm256_add_epi32(bytes, _mm256_sad_epu8(piece, zero));
      weighted = _mm256_add_epi32(weighted, _mm256_madd_epi16(_mm256_maddubs_epi16(piece, weights), ones));
    }
    upper = (upper + lower * steps * kStep + Total(before) * kStep + Total(weighted)) % kModulus;
    lower = (lower + Total(bytes)) % kModulus;
    data += steps * kStep;
    size -= steps * kStep;
  }
  return Plain(static_cast<std::uint32_t>(upper << 16U | lower), data, size);
}

#endif

}  // namespace

std::uint32_t Adler32(std::uint32_t sum, const unsigned char* data, std::size_t size) {
#ifdef __x86_64__
  static const bool vectors = __builtin_cpu_supports("avx2") != 0;
  if (vectors) return Vectors(sum, data, size);
#endif
  return Plain(sum, data, size);
}
