// adler32 as zlib computes it, several times as fast where the processor has AVX2: this checksum is the default, and of
// a large file in the page cache it would take longer than all else that is done with it.
#pragma once

#include <cstddef>
#include <cstdint>

// Begins with 1.
std::uint32_t Adler32(std::uint32_t sum, const unsigned char* data, std::size_t size);
