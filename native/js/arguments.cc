#include "js/arguments.h"

#include <cmath>
#include <limits>

namespace {

constexpr std::int64_t kMostSafe = 9'007'199'254'740'991;  // 2^53 - 1

std::string Message(std::size_t index, const std::string& expected) {
  return "argument " + std::to_string(index) + " must be " + expected;
}

bool HasNul(const std::string& text) { return text.find('\0') != std::string::npos; }

}  // namespace

Napi::TypeError WrongArgument(const Napi::CallbackInfo& info, std::size_t index, const std::string& expected) {
  return Napi::TypeError::New(info.Env(), Message(index, expected));
}

std::string StringArgument(const Napi::CallbackInfo& info, std::size_t index) {
  if (!info[index].IsString()) throw WrongArgument(info, index, "a string");
  std::string text = info[index].As<Napi::String>().Utf8Value();
  if (HasNul(text)) throw WrongArgument(info, index, "a string without NUL");
  return text;
}

std::vector<std::string> StringsArgument(const Napi::CallbackInfo& info, std::size_t index) {
  if (!info[index].IsArray()) throw WrongArgument(info, index, "an array of strings");
  const auto array = info[index].As<Napi::Array>();
  std::vector<std::string> strings;
  // Its length may be any number, and an element that is read may change it: no room is made beforehand.
  for (std::uint32_t i = 0; i < array.Length(); ++i) {
    const Napi::Value item = array[i];
    if (!item.IsString()) throw WrongArgument(info, index, "an array of strings");
    strings.push_back(item.As<Napi::String>().Utf8Value());
    if (HasNul(strings.back())) throw WrongArgument(info, index, "an array of strings without NUL");
  }
  return strings;
}

namespace {

std::int64_t Whole(const Napi::CallbackInfo& info, std::size_t index, std::int64_t least, std::int64_t most,
                   const std::string& expected) {
  if (!info[index].IsNumber()) throw WrongArgument(info, index, expected);
  const double value = info[index].As<Napi::Number>().DoubleValue();
  // False for NaN, too.
  const bool within = value >= static_cast<double>(least) && value <= static_cast<double>(most);
  if (!within || std::trunc(value) != value) throw Napi::RangeError::New(info.Env(), Message(index, expected));
  return static_cast<std::int64_t>(value);
}

}  // namespace

std::int64_t WholeArgument(const Napi::CallbackInfo& info, std::size_t index, std::int64_t least, std::int64_t most) {
  return Whole(info, index, least, most,
               "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
}

std::uint32_t NumberArgument(const Napi::CallbackInfo& info, std::size_t index, std::uint32_t most) {
  return static_cast<std::uint32_t>(WholeArgument(info, index, 0, most));
}

std::uint64_t LongArgument(const Napi::CallbackInfo& info, std::size_t index) {
  return static_cast<std::uint64_t>(WholeArgument(info, index, 0, kMostSafe));
}

int DescriptorArgument(const Napi::CallbackInfo& info, std::size_t index) {
  return static_cast<int>(Whole(info, index, -1, std::numeric_limits<int>::max(), "a file descriptor"));
}

std::vector<std::uint8_t> BytesArgument(const Napi::CallbackInfo& info, std::size_t index) {
  const Napi::Value value = info[index];
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array)
    throw WrongArgument(info, index, "bytes");
  const auto bytes = value.As<Napi::Uint8Array>();
  if (bytes.ArrayBuffer().IsDetached()) throw WrongArgument(info, index, "bytes that are still there");
  return {bytes.Data(), bytes.Data() + bytes.ByteLength()};
}

Napi::Function FunctionArgument(const Napi::CallbackInfo& info, std::size_t index) {
  if (!info[index].IsFunction()) throw WrongArgument(info, index, "a function");
  return info[index].As<Napi::Function>();
}

void CheckThis(const Napi::CallbackInfo& info, const napi_type_tag& tag) {
  const Napi::Value self = info.This();
  if (!self.IsObject() || !self.As<Napi::Object>().CheckTypeTag(&tag)) {
    throw Napi::TypeError::New(info.Env(), "called on an object of another class");
  }
}
