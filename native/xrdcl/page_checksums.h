// What travels with every page of a write that has checksums (kXR_pgwrite).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

// CRC32C of each 4 KiB, for data that begin at a page's start; empty where there is no faster way than XrdCl's own.
std::vector<std::uint32_t> PageChecksums(const char* data, std::size_t size);
