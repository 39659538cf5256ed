// The checksum of a file on a server as it is read over the network: open, read piece by piece, close, chained on
// XrdCl's asynchronous calls. It opens for reading and asks for nothing else; that the file is online is for the caller
// to know.
//
// Threads: XrdCl's carry the chain from answer to answer, and sum up; none of them waits.
#pragma once

#include "js/napi.h"

// JavaScript: readChecksum(url, type as RunningSum knows it, held up, callback) -> Operation.
// callback(0, bytes, size), only if it is to be held up: it waits until more than `bytes` are allowed;
// callback(1, error | undefined, {size, id, modTime, checksum}) at its end: size, id and modTime as the open file's own
// stat tells them, id and modTime absent if there was none; checksum is absent after an error.
Napi::Value ReadChecksum(const Napi::CallbackInfo& info);

// JavaScript: readFile(url, type, a second type or undefined, callback) -> Operation.
// As readChecksum() that is to be held up, and callback(2, bytes) with each piece, of at most 4 MiB, before it waits or
// ends. Its end has `also`, the checksum of the second type.
Napi::Value ReadFile(const Napi::CallbackInfo& info);
