#include "js/arguments.h"

namespace {

Napi::TypeError Wrong(const Napi::CallbackInfo& info, std::size_t index, const char* expected) {
  return Napi::TypeError::New(info.Env(), "argument " + std::to_string(index) + " must be " + expected);
}

}  // namespace

std::string StringArgument(const Napi::CallbackInfo& info, std::size_t index) {
  if (!info[index].IsString()) throw Wrong(info, index, "a string");
  return info[index].As<Napi::String>().Utf8Value();
}

std::vector<std::string> StringsArgument(const Napi::CallbackInfo& info, std::size_t index) {
  if (!info[index].IsArray()) throw Wrong(info, index, "an array of strings");
  const auto array = info[index].As<Napi::Array>();
  std::vector<std::string> strings;
  strings.reserve(array.Length());
  for (std::uint32_t i = 0; i < array.Length(); ++i) {
    const Napi::Value item = array[i];
    if (!item.IsString()) throw Wrong(info, index, "an array of strings");
    strings.push_back(item.As<Napi::String>().Utf8Value());
  }
  return strings;
}

std::uint32_t NumberArgument(const Napi::CallbackInfo& info, std::size_t index) {
  if (!info[index].IsNumber()) throw Wrong(info, index, "a number");
  return info[index].As<Napi::Number>().Uint32Value();
}

std::uint64_t LongArgument(const Napi::CallbackInfo& info, std::size_t index) {
  if (!info[index].IsNumber()) throw Wrong(info, index, "a number");
  return static_cast<std::uint64_t>(info[index].As<Napi::Number>().Int64Value());
}

Napi::Function FunctionArgument(const Napi::CallbackInfo& info, std::size_t index) {
  if (!info[index].IsFunction()) throw Wrong(info, index, "a function");
  return info[index].As<Napi::Function>();
}

void CheckThis(const Napi::CallbackInfo& info, const napi_type_tag& tag) {
  const Napi::Value self = info.This();
  if (!self.IsObject() || !self.As<Napi::Object>().CheckTypeTag(&tag)) {
    throw Napi::TypeError::New(info.Env(), "called on an object of another class");
  }
}
