#include "xrdcl/responses.h"

#include <cstdint>
#include <string>
#include <vector>

#include "xrdcl/stat_numbers.h"
#include "xrdcl/status.h"

namespace {

template <typename Type>
Type* Get(XrdCl::AnyObject* response) {
  Type* object = nullptr;
  if (response != nullptr) response->Get(object);
  return object;
}

// Sizes and times are below 2^53 for any file that exists: a number is exact.
Napi::Number Integer(Napi::Env env, std::uint64_t value) { return Napi::Number::New(env, static_cast<double>(value)); }

Napi::Value StatToJs(Napi::Env env, const XrdCl::StatInfo& info) {
  auto object = Napi::Object::New(env);
  object["id"] = info.GetId();
  object["size"] = Integer(env, info.GetSize());
  object["flags"] = Napi::Number::New(env, info.GetFlags());
  object["modTime"] = Napi::Number::New(env, SecondsOf(info.GetModTime()));
  if (info.ExtendedFormat()) {
    object["changeTime"] = Napi::Number::New(env, SecondsOf(info.GetChangeTime()));
    object["accessTime"] = Napi::Number::New(env, SecondsOf(info.GetAccessTime()));
    object["mode"] = info.GetModeAsOctString();
    object["owner"] = info.GetOwner();
    object["group"] = info.GetGroup();
  }
  return object;
}

}  // namespace

namespace responses {

Napi::Value Nothing(Napi::Env env, XrdCl::AnyObject*) { return env.Undefined(); }

Napi::Value Text(Napi::Env env, XrdCl::AnyObject* response) {
  auto* buffer = Get<XrdCl::Buffer>(response);
  return Napi::String::New(env, buffer == nullptr ? std::string() : UpToNul(buffer->GetBuffer(), buffer->GetSize()));
}

Napi::Value Stat(Napi::Env env, XrdCl::AnyObject* response) {
  auto* info = Get<XrdCl::StatInfo>(response);
  return info == nullptr || !IsBelievable(*info) ? env.Null() : StatToJs(env, *info);
}

Napi::Value StatVfs(Napi::Env env, XrdCl::AnyObject* response) {
  auto* info = Get<XrdCl::StatInfoVFS>(response);
  if (info == nullptr) return env.Null();
  auto object = Napi::Object::New(env);
  object["nodesRw"] = Integer(env, info->GetNodesRW());
  object["freeRw"] = Integer(env, info->GetFreeRW());
  object["utilizationRw"] = Napi::Number::New(env, info->GetUtilizationRW());
  object["nodesStaging"] = Integer(env, info->GetNodesStaging());
  object["freeStaging"] = Integer(env, info->GetFreeStaging());
  object["utilizationStaging"] = Napi::Number::New(env, info->GetUtilizationStaging());
  return object;
}

Napi::Value HostTypes(Napi::Env env, XrdCl::AnyObject* response) {
  auto* info = Get<XrdCl::ProtocolInfo>(response);
  if (info == nullptr) return env.Null();
  // libXrdCl 5.5.3 gives both numbers in the other byte order (seen). A protocol version such as 0x00000511 shows which
  // one it is.
  constexpr std::uint32_t kMostVersion = 0xffff;
  const auto types = info->GetHostInfo();
  return Napi::Number::New(env, info->GetVersion() > kMostVersion ? __builtin_bswap32(types) : types);
}

Napi::Value Locations(Napi::Env env, XrdCl::AnyObject* response) {
  auto* info = Get<XrdCl::LocationInfo>(response);
  auto list = Napi::Array::New(env);
  if (info == nullptr) return list;
  std::uint32_t index = 0;
  for (auto location = info->Begin(); location != info->End(); ++location) {
    using Location = XrdCl::LocationInfo;
    auto object = Napi::Object::New(env);
    const auto type = location->GetType();
    object["address"] = location->GetAddress();
    object["manager"] = Napi::Boolean::New(env, location->IsManager());
    object["pending"] = Napi::Boolean::New(env, type == Location::ManagerPending || type == Location::ServerPending);
    object["writable"] = Napi::Boolean::New(env, location->GetAccessType() == Location::ReadWrite);
    list[index++] = object;
  }
  return list;
}

Napi::Value Directory(Napi::Env env, XrdCl::AnyObject* response) {
  auto* listing = Get<XrdCl::DirectoryList>(response);
  auto list = Napi::Array::New(env);
  if (listing == nullptr) return list;
  std::uint32_t index = 0;
  for (auto entry = listing->Begin(); entry != listing->End(); ++entry) {
    auto object = Napi::Object::New(env);
    const std::string& name = (*entry)->GetName();
    // Bytes, not text: a name that isn't UTF-8 must not become another name on its way.
    object["name"] = Napi::Buffer<char>::Copy(env, name.data(), name.size());
    object["host"] = (*entry)->GetHostAddress();
    const XrdCl::StatInfo* info = (*entry)->GetStatInfo();
    if (info != nullptr && IsBelievable(*info)) object["stat"] = StatToJs(env, *info);
    list[index++] = object;
  }
  return list;
}

Napi::Value DirectoryStats(Napi::Env env, XrdCl::AnyObject* response) {
  auto* listing = Get<XrdCl::DirectoryList>(response);
  std::string names;
  std::vector<StatNumbers> values;
  if (listing != nullptr) {
    for (auto entry = listing->Begin(); entry != listing->End(); ++entry) {
      const XrdCl::StatInfo* info = (*entry)->GetStatInfo();
      if (info == nullptr || !IsBelievable(*info)) continue;
      names.append((*entry)->GetName()).push_back('\n');
      values.push_back(NumbersOf(*info));
    }
  }
  auto object = Napi::Object::New(env);
  object["names"] = names;
  object["values"] = NumbersToJs(env, values);
  return object;
}

Napi::Value XAttrStatuses(Napi::Env env, XrdCl::AnyObject* response) {
  auto* statuses = Get<std::vector<XrdCl::XAttrStatus>>(response);
  auto list = Napi::Array::New(env);
  if (statuses == nullptr) return list;
  std::uint32_t index = 0;
  for (const auto& attribute : *statuses) {
    auto object = Napi::Object::New(env);
    object["name"] = attribute.name;
    object["error"] = StatusToJs(env, attribute.status);
    list[index++] = object;
  }
  return list;
}

Napi::Value XAttrs(Napi::Env env, XrdCl::AnyObject* response) {
  auto* attributes = Get<std::vector<XrdCl::XAttr>>(response);
  auto list = Napi::Array::New(env);
  if (attributes == nullptr) return list;
  std::uint32_t index = 0;
  for (const auto& attribute : *attributes) {
    auto object = Napi::Object::New(env);
    object["name"] = attribute.name;
    object["value"] = Napi::Buffer<char>::Copy(env, attribute.value.data(), attribute.value.size());
    object["error"] = StatusToJs(env, attribute.status);
    list[index++] = object;
  }
  return list;
}

}  // namespace responses
