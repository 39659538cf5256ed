// A copy of a file of one request between this machine and a server: open, read or write, close, chained on XrdCl's
// asynchronous calls, without the threads and queues of a CopyProcess, which cost more than such a file's bytes.
//
// Threads: XrdCl's carry the chain from answer to answer and never wait; a thread of ours does what the local disk
// does, and sends the first request, which may have to resolve a name.
#pragma once

#include "js/napi.h"

// JavaScript: copySmall(source, target, make directories, types as RunningSum knows them, sync, download,
// most bytes, owner only: nobody else may read a local target, callback) -> Operation.
// One end is a URL, the other an absolute path, as `download` says; nothing is overwritten.
// results.sourceCheckSum or targetCheckSum has the first type, results.alsoCheckSum the second.
// callback(error | undefined, results); results.opened: the target is this copy's, results.made or results.localFile
// tell which file that is; results.synced: an upload was asked to `sync`, and the server did; results.targetCheckSum is
// of the local file as it can be read afterwards; results.tooLarge: this is no file for this way (it has
// more bytes, for one), and nothing was touched.
Napi::Value CopySmall(const Napi::CallbackInfo& info);
