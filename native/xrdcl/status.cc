#include "xrdcl/status.h"

#include <XProtocol/XProtocol.hh>
#include <cstring>

XrdCl::XRootDStatus Interrupted(const std::string& message) {
  return {XrdCl::stError, XrdCl::errOperationInterrupted, kXR_Cancelled, message};
}

std::string UpToNul(const char* data, std::size_t size) {
  return data == nullptr ? std::string() : std::string(data, strnlen(data, size));
}

Napi::Value StatusToJs(Napi::Env env, const XrdCl::XRootDStatus& status) {
  if (!status.IsError()) return env.Undefined();
  auto object = Napi::Object::New(env);
  const std::string& message = status.GetErrorMessage();
  object["status"] = Napi::Number::New(env, status.status);
  object["code"] = Napi::Number::New(env, status.code);
  object["errNo"] = Napi::Number::New(env, status.errNo);
  object["message"] = Napi::String::New(env, UpToNul(message.data(), message.size()));
  return object;
}
