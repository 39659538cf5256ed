// XrdCl::FileSystem: every method sends one asynchronous request; see request.h for its threads.
#pragma once

#include <XrdCl/XrdClFileSystem.hh>
#include <memory>

#include "napi.h"
#include "request.h"

class FileSystem final : public Napi::ObjectWrap<FileSystem> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit FileSystem(const Napi::CallbackInfo& info);

 private:
  using Handler = XrdCl::ResponseHandler;

  // JavaScript: method(...arguments, timeout in seconds, callback).
  void Stat(const Napi::CallbackInfo& info);
  void StatVfs(const Napi::CallbackInfo& info);
  void DirList(const Napi::CallbackInfo& info);
  void MkDir(const Napi::CallbackInfo& info);
  void Rm(const Napi::CallbackInfo& info);
  void RmDir(const Napi::CallbackInfo& info);
  void Mv(const Napi::CallbackInfo& info);
  void Truncate(const Napi::CallbackInfo& info);
  void ChMod(const Napi::CallbackInfo& info);
  void Locate(const Napi::CallbackInfo& info);
  void Prepare(const Napi::CallbackInfo& info);
  void Query(const Napi::CallbackInfo& info);
  void Ping(const Napi::CallbackInfo& info);
  void SetXAttr(const Napi::CallbackInfo& info);
  void GetXAttr(const Napi::CallbackInfo& info);
  void DelXAttr(const Napi::CallbackInfo& info);
  void ListXAttr(const Napi::CallbackInfo& info);

  // `operation(file system, handler, timeout)`, with the last two arguments of the call.
  template <typename Operation>
  void Start(const Napi::CallbackInfo& info, Request::Convert convert, Operation operation);

  // Shared with the requests under way: this object may be collected before they are answered.
  std::shared_ptr<XrdCl::FileSystem> file_system_;
};
