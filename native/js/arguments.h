// Reading arguments that lib/xrdcl has validated already. A wrong type here is a fault of ours and throws TypeError.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "js/napi.h"

std::string StringArgument(const Napi::CallbackInfo& info, std::size_t index);
std::vector<std::string> StringsArgument(const Napi::CallbackInfo& info, std::size_t index);
std::uint32_t NumberArgument(const Napi::CallbackInfo& info, std::size_t index);
std::uint64_t LongArgument(const Napi::CallbackInfo& info, std::size_t index);
Napi::Function FunctionArgument(const Napi::CallbackInfo& info, std::size_t index);
// `this` of a method, refused when it is another class's object.
void CheckThis(const Napi::CallbackInfo& info, const napi_type_tag& tag);
