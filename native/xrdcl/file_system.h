// XrdCl::FileSystem: every method sends one asynchronous request; see request.h for its threads.
#pragma once

#include <XrdCl/XrdClFileSystem.hh>
#include <memory>

#include "js/napi.h"
#include "xrdcl/request.h"

class FileSystem final : public Napi::ObjectWrap<FileSystem> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit FileSystem(const Napi::CallbackInfo& info);

 private:
  using Handler = XrdCl::ResponseHandler;

  // JavaScript: method(...arguments, timeout in seconds, callback) -> number of the request, for release().
  Napi::Value Stat(const Napi::CallbackInfo& info);
  Napi::Value StatMany(const Napi::CallbackInfo& info);
  Napi::Value StatVfs(const Napi::CallbackInfo& info);
  Napi::Value DirList(const Napi::CallbackInfo& info);
  Napi::Value DirStats(const Napi::CallbackInfo& info);
  Napi::Value MkDir(const Napi::CallbackInfo& info);
  Napi::Value Rm(const Napi::CallbackInfo& info);
  Napi::Value RmDir(const Napi::CallbackInfo& info);
  Napi::Value Mv(const Napi::CallbackInfo& info);
  Napi::Value Truncate(const Napi::CallbackInfo& info);
  Napi::Value ChMod(const Napi::CallbackInfo& info);
  Napi::Value Locate(const Napi::CallbackInfo& info);
  Napi::Value Prepare(const Napi::CallbackInfo& info);
  Napi::Value Query(const Napi::CallbackInfo& info);
  Napi::Value Protocol(const Napi::CallbackInfo& info);
  Napi::Value Ping(const Napi::CallbackInfo& info);
  Napi::Value SetXAttr(const Napi::CallbackInfo& info);
  Napi::Value GetXAttr(const Napi::CallbackInfo& info);
  Napi::Value DelXAttr(const Napi::CallbackInfo& info);
  Napi::Value ListXAttr(const Napi::CallbackInfo& info);

  // `operation(file system, handler, timeout)`, with the two arguments that come after the method's `own` ones.
  template <typename Operation>
  Napi::Value Start(const Napi::CallbackInfo& info, std::size_t own, ConvertResponse convert, Operation operation);

  // Shared with the requests under way: this object may be collected before they are answered.
  std::shared_ptr<XrdCl::FileSystem> file_system_;
};
