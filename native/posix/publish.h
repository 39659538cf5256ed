// Gives a finished file its name: mode, time, disk, rename, and the directory's disk, in one go on a thread of ours.
#pragma once

#include "js/napi.h"

// JavaScript: publish(from, to, milliseconds of mtime | undefined, mode | undefined, fsync, overwrite, made |
// undefined, callback) -> undefined.
// callback(errno | 0, name of the call that failed). Without overwrite nothing is replaced: EEXIST; where the file
// system can't promise that, EINVAL and nothing is done.
Napi::Value Publish(const Napi::CallbackInfo& info);
