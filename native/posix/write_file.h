// Writes a new file beneath a directory, in one go on a thread of libuv's: what an application does for its users
// doesn't stand back for the archive, as the addon's own threads do.
#pragma once

#include "js/napi.h"

// JavaScript: writeFile(root, parent, temporary, name, bytes, mode, types, expected, callback). callback(errno | 0,
// step that failed, checksums of the bytes as hex, of each of the types that RunningSum knows). The first one is kept
// with the file: KeepChecksum(). `expected`: what the last one must be, or empty. "directory": <root>/<parent> can't be
// opened, or not without following a link beneath the root (openat2, Linux 5.6); "checksum": it is another one than
// expected; "open", "write", "close" of the temporary file; "rename": nothing is replaced, EEXIST. Nothing is left
// after any.
Napi::Value WriteFile(const Napi::CallbackInfo& info);
