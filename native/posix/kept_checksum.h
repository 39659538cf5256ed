// Keeps with a file the checksum of the bytes that it was written from, so that whoever reads it later can tell whether
// it still has them: the extended attribute user.xrootd-archive.checksum, "v1 <type>:<hex> <size> <mtime in
// nanoseconds>". lib/rules/put_checksum.ts reads it.
#pragma once

#include <string>

#include "js/napi.h"

// To be called after the last write, and before the file gets its name.
// `checksum`: "<type>:<hex>". Returns 0 or errno; the file is as good without it.
int KeepChecksum(int descriptor, const std::string& checksum);

// JavaScript: keepChecksum(fd, checksum, callback), on a thread of libuv. callback(errno | 0). The caller closes the
// descriptor afterwards.
Napi::Value KeepChecksumLater(const Napi::CallbackInfo& info);
