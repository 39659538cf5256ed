// Names of checksums as arguments from JavaScript.
#pragma once

#include <string>
#include <vector>

#include "js/napi.h"

// As RunningSum knows them: another name throws TypeError.
std::string ChecksumTypeArgument(const Napi::CallbackInfo& info, std::size_t index);
std::vector<std::string> ChecksumTypesArgument(const Napi::CallbackInfo& info, std::size_t index);
