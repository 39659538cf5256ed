// Whether others hold locks on a file or directory.
#pragma once

#include "js/napi.h"

// JavaScript: hasOtherLocks(fd, offset, length) -> boolean, or undefined where it can't be told.
Napi::Value HasOtherLocks(const Napi::CallbackInfo& info);
