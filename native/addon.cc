// Entry of the addon: what lib/xrdcl/addon.ts declares.
#include <mutex>

#include "checksum.h"
#include "client_environment.h"
#include "client_log.h"
#include "copy.h"
#include "datagram.h"
#include "environment_data.h"
#include "file_system.h"
#include "lifetime.h"
#include "napi.h"
#include "operation.h"
#include "other_locks.h"
#include "publish.h"
#include "read_checksum.h"
#include "request.h"
#include "small_copy.h"
#include "write_file.h"
#include "writers.h"

namespace {

void PrepareProcess() {
  // Worker threads load the addon too; XrdCl's state is the process's.
  static std::once_flag once;
  std::call_once(once, [] {
    SetClientDefaults();
    InstallLogSink();
    GuardProcessExit();
  });
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  PrepareProcess();
  EnvironmentData::Attach(env);
  Operation::Define(env);
  exports["FileSystem"] = FileSystem::Define(env);
  exports["release"] = Napi::Function::New<&Request::Release>(env, "release");
  exports["copy"] = Napi::Function::New<Copy>(env, "copy");
  exports["readChecksum"] = Napi::Function::New<ReadChecksum>(env, "readChecksum");
  exports["copySmall"] = Napi::Function::New<CopySmall>(env, "copySmall");
  exports["publish"] = Napi::Function::New<Publish>(env, "publish");
  exports["writeFile"] = Napi::Function::New<WriteFile>(env, "writeFile");
  exports["checksum"] = Napi::Function::New<Checksum>(env, "checksum");
  exports["getInt"] = Napi::Function::New<GetInt>(env, "getInt");
  exports["putInt"] = Napi::Function::New<PutInt>(env, "putInt");
  exports["getString"] = Napi::Function::New<GetString>(env, "getString");
  exports["putString"] = Napi::Function::New<PutString>(env, "putString");
  exports["clientVersion"] = Napi::Function::New<ClientVersion>(env, "clientVersion");
  exports["subscribeToLog"] = Napi::Function::New<SubscribeToLog>(env, "subscribeToLog");
  exports["unsubscribeFromLog"] = Napi::Function::New<UnsubscribeFromLog>(env, "unsubscribeFromLog");
  exports["setLogLevel"] = Napi::Function::New<SetLogLevel>(env, "setLogLevel");
  exports["sendDatagram"] = Napi::Function::New<SendDatagram>(env, "sendDatagram");
  exports["hasOtherLocks"] = Napi::Function::New<HasOtherLocks>(env, "hasOtherLocks");
  exports["hasWriters"] = Napi::Function::New<HasWriters>(env, "hasWriters");
  return exports;
}

}  // namespace

NODE_API_MODULE(xrootd_archive, Init)
