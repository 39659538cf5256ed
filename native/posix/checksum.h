// Checksums of local files, as XRootD's servers compute them; on threads of ours, read with pread in pieces.
#pragma once

#include <chrono>

#include "js/napi.h"

// JavaScript: checksum(fd, types as RunningSum knows them, offset, length or -1 for all, callback) -> Operation.
// callback(errno | 0, hex values, bytes read); errno ECANCELED after cancel().
// The descriptor is duplicated: the caller may close its own at once.
Napi::Value Checksum(const Napi::CallbackInfo& info);

bool StopChecksums(std::chrono::steady_clock::time_point deadline);
