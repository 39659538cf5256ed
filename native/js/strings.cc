#include "js/strings.h"

#include <cstdint>

Napi::Array ArrayOfStrings(Napi::Env env, const std::vector<std::string>& strings) {
  auto array = Napi::Array::New(env, strings.size());  // what a const one gives for an index is no place to assign to
  for (std::uint32_t i = 0; i < strings.size(); ++i) array[i] = Napi::String::New(env, strings[i]);
  return array;
}
