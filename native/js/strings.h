#pragma once

#include <string>
#include <vector>

#include "js/napi.h"

Napi::Array ArrayOfStrings(Napi::Env env, const std::vector<std::string>& strings);
