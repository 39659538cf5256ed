#include "xrdcl/file_system.h"

#include <string>
#include <utility>
#include <vector>

#include "js/arguments.h"
#include "xrdcl/responses.h"
#include "xrdcl/stat_many.h"

namespace {

// What the protocol has room for.
constexpr std::uint32_t kMostTimeout = 0xffff;
// What libXrdCl's enumerations can hold: another value would be undefined.
constexpr std::uint32_t kMostDirListFlags = 0x7f;
constexpr std::uint32_t kMostOpenFlags = 0xffff;
constexpr std::uint32_t kMostPrepareFlags = 0x1ff;
constexpr std::uint32_t kMostQueryCode = 0x3f;
constexpr std::uint32_t kMostMode = 0777;
constexpr std::uint32_t kMostPriority = 3;

constexpr napi_type_tag kTag = {0x6b1f0c1ed7b44c57, 0x9a5d2f5b6e0c4e11};

}  // namespace

Napi::Function FileSystem::Define(Napi::Env env) {
  return DefineClass(env, "FileSystem",
                     {InstanceMethod<&FileSystem::Stat>("stat"),
                      InstanceMethod<&FileSystem::StatMany>("statMany"),
                      InstanceMethod<&FileSystem::StatVfs>("statVfs"),
                      InstanceMethod<&FileSystem::DirList>("dirList"),
                      InstanceMethod<&FileSystem::DirStats>("dirStats"),
                      InstanceMethod<&FileSystem::MkDir>("mkdir"),
                      InstanceMethod<&FileSystem::Rm>("rm"),
                      InstanceMethod<&FileSystem::RmDir>("rmdir"),
                      InstanceMethod<&FileSystem::Mv>("mv"),
                      InstanceMethod<&FileSystem::Truncate>("truncate"),
                      InstanceMethod<&FileSystem::ChMod>("chmod"),
                      InstanceMethod<&FileSystem::Locate>("locate"),
                      InstanceMethod<&FileSystem::Prepare>("prepare"),
                      InstanceMethod<&FileSystem::Query>("query"),
                      InstanceMethod<&FileSystem::Protocol>("protocol"),
                      InstanceMethod<&FileSystem::Ping>("ping"),
                      InstanceMethod<&FileSystem::SetXAttr>("setXAttr"),
                      InstanceMethod<&FileSystem::GetXAttr>("getXAttr"),
                      InstanceMethod<&FileSystem::DelXAttr>("delXAttr"),
                      InstanceMethod<&FileSystem::ListXAttr>("listXAttr")});
}

FileSystem::FileSystem(const Napi::CallbackInfo& info) : Napi::ObjectWrap<FileSystem>(info) {
  const XrdCl::URL url(StringArgument(info, 0));
  if (!url.IsValid()) throw Napi::TypeError::New(info.Env(), "not a URL that libXrdCl can read");
  file_system_ = std::make_shared<XrdCl::FileSystem>(url);
  info.This().As<Napi::Object>().TypeTag(&kTag);
}

template <typename Operation>
Napi::Value FileSystem::Start(const Napi::CallbackInfo& info, std::size_t own, ConvertResponse convert,
                              Operation operation) {
  const auto timeout = static_cast<std::uint16_t>(NumberArgument(info, own, kMostTimeout));
  return StartRequest(
      info.Env(), FunctionArgument(info, own + 1), convert,
      [operation = std::move(operation), file_system = file_system_, timeout](Handler* handler) {
        return operation(*file_system, handler, timeout);
      },
      file_system_);
}

Napi::Value FileSystem::Stat(const Napi::CallbackInfo& info) {
  CheckThis(info, kTag);
  return Start(info, 1, &responses::Stat, [path = StringArgument(info, 0)](auto& fs, auto* handler, auto timeout) {
    return fs.Stat(path, handler, timeout);
  });
}

Napi::Value FileSystem::StatMany(const Napi::CallbackInfo& info) {
  CheckThis(info, kTag);
  const auto timeout = static_cast<std::uint16_t>(NumberArgument(info, 1, kMostTimeout));
  return ::StatMany(info.Env(), file_system_, StringsArgument(info, 0), timeout, FunctionArgument(info, 2));
}

Napi::Value FileSystem::StatVfs(const Napi::CallbackInfo& info) {
  CheckThis(info, kTag);
  return Start(info, 1, &responses::StatVfs, [path = StringArgument(info, 0)](auto& fs, auto* handler, auto timeout) {
    return fs.StatVFS(path, handler, timeout);
  });
}

Napi::Value FileSystem::DirList(const Napi::CallbackInfo& info) {
  CheckThis(info, kTag);
  const auto flags = static_cast<XrdCl::DirListFlags::Flags>(NumberArgument(info, 1, kMostDirListFlags));
  return Start(info, 2, &responses::Directory,
               [path = StringArgument(info, 0), flags](auto& fs, auto* handler, auto timeout) {
                 return fs.DirList(path, flags, handler, timeout);
               });
}

Napi::Value FileSystem::DirStats(const Napi::CallbackInfo& info) {
  CheckThis(info, kTag);
  using Flags = XrdCl::DirListFlags;
  return Start(info, 1, &responses::DirectoryStats,
               [path = StringArgument(info, 0)](auto& fs, auto* handler, auto timeout) {
                 return fs.DirList(path, static_cast<Flags::Flags>(Flags::Stat | Flags::Chunked), handler, timeout);
               });
}

Napi::Value FileSystem::MkDir(const Napi::CallbackInfo& info) {
  CheckThis(info, kTag);
  const auto flags = static_cast<XrdCl::MkDirFlags::Flags>(NumberArgument(info, 1, XrdCl::MkDirFlags::MakePath));
  const auto mode = static_cast<XrdCl::Access::Mode>(NumberArgument(info, 2, kMostMode));
  return Start(info, 3, &responses::Nothing,
               [path = StringArgument(info, 0), flags, mode](auto& fs, auto* handler, auto timeout) {
                 return fs.MkDir(path, flags, mode, handler, timeout);
               });
}

Napi::Value FileSystem::Rm(const Napi::CallbackInfo& info) {
  CheckThis(info, kTag);
  return Start(info, 1, &responses::Nothing, [path = StringArgument(info, 0)](auto& fs, auto* handler, auto timeout) {
    return fs.Rm(path, handler, timeout);
  });
}

Napi::Value FileSystem::RmDir(const Napi::CallbackInfo& info) {
  CheckThis(info, kTag);
  return Start(info, 1, &responses::Nothing, [path = StringArgument(info, 0)](auto& fs, auto* handler, auto timeout) {
    return fs.RmDir(path, handler, timeout);
  });
}

Napi::Value FileSystem::Mv(const Napi::CallbackInfo& info) {
  CheckThis(info, kTag);
  return Start(info, 2, &responses::Nothing,
               [from = StringArgument(info, 0), to = StringArgument(info, 1)](auto& fs, auto* handler, auto timeout) {
                 return fs.Mv(from, to, handler, timeout);
               });
}

Napi::Value FileSystem::Truncate(const Napi::CallbackInfo& info) {
  CheckThis(info, kTag);
  return Start(info, 2, &responses::Nothing,
               [path = StringArgument(info, 0), size = LongArgument(info, 1)](auto& fs, auto* handler, auto timeout) {
                 return fs.Truncate(path, size, handler, timeout);
               });
}

Napi::Value FileSystem::ChMod(const Napi::CallbackInfo& info) {
  CheckThis(info, kTag);
  const auto mode = static_cast<XrdCl::Access::Mode>(NumberArgument(info, 1, kMostMode));
  return Start(info, 2, &responses::Nothing,
               [path = StringArgument(info, 0), mode](auto& fs, auto* handler, auto timeout) {
                 return fs.ChMod(path, mode, handler, timeout);
               });
}

Napi::Value FileSystem::Locate(const Napi::CallbackInfo& info) {
  CheckThis(info, kTag);
  const bool deep = info[1].ToBoolean().Value();
  const auto flags = static_cast<XrdCl::OpenFlags::Flags>(NumberArgument(info, 2, kMostOpenFlags));
  return Start(info, 3, &responses::Locations,
               [path = StringArgument(info, 0), deep, flags](auto& fs, auto* handler, auto timeout) {
                 return deep ? fs.DeepLocate(path, flags, handler, timeout) : fs.Locate(path, flags, handler, timeout);
               });
}

Napi::Value FileSystem::Prepare(const Napi::CallbackInfo& info) {
  CheckThis(info, kTag);
  const auto flags = static_cast<XrdCl::PrepareFlags::Flags>(NumberArgument(info, 1, kMostPrepareFlags));
  const auto priority = static_cast<std::uint8_t>(NumberArgument(info, 2, kMostPriority));
  return Start(info, 3, &responses::Text,
               [paths = StringsArgument(info, 0), flags, priority](auto& fs, auto* handler, auto timeout) {
                 return fs.Prepare(paths, flags, priority, handler, timeout);
               });
}

Napi::Value FileSystem::Query(const Napi::CallbackInfo& info) {
  CheckThis(info, kTag);
  const auto code = static_cast<XrdCl::QueryCode::Code>(NumberArgument(info, 0, kMostQueryCode));
  return Start(info, 2, &responses::Text,
               [code, argument = StringArgument(info, 1)](auto& fs, auto* handler, auto timeout) {
                 XrdCl::Buffer buffer;
                 buffer.FromString(argument);
                 return fs.Query(code, buffer, handler, timeout);
               });
}

Napi::Value FileSystem::Protocol(const Napi::CallbackInfo& info) {
  CheckThis(info, kTag);
  return Start(info, 0, &responses::HostTypes,
               [](auto& fs, auto* handler, auto timeout) { return fs.Protocol(handler, timeout); });
}

Napi::Value FileSystem::Ping(const Napi::CallbackInfo& info) {
  CheckThis(info, kTag);
  return Start(info, 0, &responses::Nothing,
               [](auto& fs, auto* handler, auto timeout) { return fs.Ping(handler, timeout); });
}

Napi::Value FileSystem::SetXAttr(const Napi::CallbackInfo& info) {
  CheckThis(info, kTag);
  const std::string name = StringArgument(info, 1);
  const std::vector<std::uint8_t> value = BytesArgument(info, 2);
  std::vector<XrdCl::xattr_t> attributes{{name, std::string(value.begin(), value.end())}};
  return Start(info, 3, &responses::XAttrStatuses,
               [path = StringArgument(info, 0), attributes = std::move(attributes)](
                   auto& fs, auto* handler, auto timeout) { return fs.SetXAttr(path, attributes, handler, timeout); });
}

Napi::Value FileSystem::GetXAttr(const Napi::CallbackInfo& info) {
  CheckThis(info, kTag);
  return Start(info, 2, &responses::XAttrs,
               [path = StringArgument(info, 0), names = StringsArgument(info, 1)](
                   auto& fs, auto* handler, auto timeout) { return fs.GetXAttr(path, names, handler, timeout); });
}

Napi::Value FileSystem::DelXAttr(const Napi::CallbackInfo& info) {
  CheckThis(info, kTag);
  return Start(info, 2, &responses::XAttrStatuses,
               [path = StringArgument(info, 0), names = StringsArgument(info, 1)](
                   auto& fs, auto* handler, auto timeout) { return fs.DelXAttr(path, names, handler, timeout); });
}

Napi::Value FileSystem::ListXAttr(const Napi::CallbackInfo& info) {
  CheckThis(info, kTag);
  return Start(info, 1, &responses::XAttrs, [path = StringArgument(info, 0)](auto& fs, auto* handler, auto timeout) {
    return fs.ListXAttr(path, handler, timeout);
  });
}
