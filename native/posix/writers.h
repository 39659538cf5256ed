// Whether a local file is open for writing in any process.
#pragma once

#include "js/napi.h"

// JavaScript: hasWriters(fd) -> boolean, or undefined where it can't be told.
Napi::Value HasWriters(const Napi::CallbackInfo& info);
