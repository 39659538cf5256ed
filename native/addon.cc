// Entry of the addon: what lib/addon/addon.ts declares.
#include <mutex>

#include "js/environment_data.h"
#include "js/napi.h"
#include "js/operation.h"
#include "lifetime.h"
#include "posix/checksum.h"
#include "posix/datagram.h"
#include "posix/kept_checksum.h"
#include "posix/other_locks.h"
#include "posix/publish.h"
#include "posix/summed_write.h"
#include "posix/write_file.h"
#include "posix/writers.h"
#include "xrdcl/client_environment.h"
#include "xrdcl/client_log.h"
#include "xrdcl/copy.h"
#include "xrdcl/file_system.h"
#include "xrdcl/read_checksum.h"
#include "xrdcl/request.h"
#include "xrdcl/small_copy.h"

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
  exports["release"] = Napi::Function::New<ReleaseRequest>(env, "release");
  exports["copy"] = Napi::Function::New<Copy>(env, "copy");
  exports["readChecksum"] = Napi::Function::New<ReadChecksum>(env, "readChecksum");
  exports["readFile"] = Napi::Function::New<ReadFile>(env, "readFile");
  exports["copySmall"] = Napi::Function::New<CopySmall>(env, "copySmall");
  exports["publish"] = Napi::Function::New<Publish>(env, "publish");
  exports["writeFile"] = Napi::Function::New<WriteFile>(env, "writeFile");
  exports["newSums"] = Napi::Function::New<NewSums>(env, "newSums");
  exports["writeSummed"] = Napi::Function::New<WriteSummedLater>(env, "writeSummed");
  exports["endSums"] = Napi::Function::New<EndSums>(env, "endSums");
  exports["keepChecksum"] = Napi::Function::New<KeepChecksumLater>(env, "keepChecksum");
  exports["checksum"] = Napi::Function::New<Checksum>(env, "checksum");
  exports["getInt"] = Napi::Function::New<GetInt>(env, "getInt");
  exports["putInt"] = Napi::Function::New<PutInt>(env, "putInt");
  exports["getString"] = Napi::Function::New<GetString>(env, "getString");
  exports["putString"] = Napi::Function::New<PutString>(env, "putString");
  exports["clientVersion"] = Napi::Function::New<ClientVersion>(env, "clientVersion");
  exports["subscribeToLog"] = Napi::Function::New<SubscribeToLog>(env, "subscribeToLog");
  exports["unsubscribeFromLog"] = Napi::Function::New<UnsubscribeFromLog>(env, "unsubscribeFromLog");
  exports["setLogLevel"] = Napi::Function::New<SetLogLevel>(env, "setLogLevel");
  exports["hideInLog"] = Napi::Function::New<HideInLog>(env, "hideInLog");
  exports["sendDatagram"] = Napi::Function::New<SendDatagram>(env, "sendDatagram");
  exports["hasOtherLocks"] = Napi::Function::New<HasOtherLocks>(env, "hasOtherLocks");
  exports["hasWriters"] = Napi::Function::New<HasWriters>(env, "hasWriters");
  return exports;
}

}  // namespace

NODE_API_MODULE(xrootd_archive, Init)
