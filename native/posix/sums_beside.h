// Checksums of bytes in memory, piece by piece, on threads of libuv: beside the writing of the same bytes, on which
// somebody waits.
#pragma once

#include "js/napi.h"

// JavaScript: newSums(types as RunningSum knows them) -> sums
Napi::Value NewSums(const Napi::CallbackInfo& info);

// JavaScript: addToSums(sums, bytes, callback). callback(); until then nothing else may be done with the sums.
Napi::Value AddToSums(const Napi::CallbackInfo& info);

// JavaScript: endSums(sums) -> hex values, in the order of the types; once
Napi::Value EndSums(const Napi::CallbackInfo& info);
