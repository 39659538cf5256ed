// Writes bytes to an open file piece by piece, on threads of libuv, and sums them as they go by: each piece is written
// while it is still in the core's cache from the sum, so that adler32 and crc32c cost next to nothing.
#pragma once

#include <cstddef>
#include <cstdint>

#include "js/napi.h"
#include "posix/descriptor.h"
#include "posix/running_sums.h"

// False, and errno, unless every byte was written.
bool WriteSummed(const Descriptor& file, const std::uint8_t* data, std::size_t size, RunningSums& sums);

// JavaScript: newSums(types as RunningSum knows them) -> sums
Napi::Value NewSums(const Napi::CallbackInfo& info);

// JavaScript: writeSummed(fd, bytes, sums, callback), at the file's position. callback(errno | 0); until then nothing
// else may be done with the sums, and the descriptor stays open.
Napi::Value WriteSummedLater(const Napi::CallbackInfo& info);

// JavaScript: endSums(sums) -> hex values, in the order of the types; once
Napi::Value EndSums(const Napi::CallbackInfo& info);
