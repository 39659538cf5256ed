#include "xrdcl/client_environment.h"

#include <XrdCl/XrdClDefaultEnv.hh>
#include <XrdVersion.hh>
#include <limits>
#include <string>

#include "js/arguments.h"

void SetClientDefaults() {
  XrdCl::Env* env = XrdCl::DefaultEnv::GetEnv();
  // XrdCl's fork handler takes its locks in fork(): child_process.spawn deadlocked against a starting copy. Node's
  // children exec at once and need nothing of XrdCl.
  env->PutInt("RunForkHandler", 0);
  // 1,800 by default: after one failed connect every request to that host fails at once for half an hour.
  env->PutInt("StreamErrorWindow", 0);
  // Timeouts are looked at this often; 15 s by default.
  env->PutInt("TimeoutResolution", 1);
  env->PutInt("StreamTimeout", 10);
  // One try of 8 s: a refusal is told at once, and a copy that is cancelled while it connects ends within these 8 s.
  env->PutInt("ConnectionWindow", 8);
  env->PutInt("ConnectionRetry", 1);
  // An upload can't be taken up again on another connection: the server still holds the file open (3003).
  env->PutString("WriteRecovery", "false");
  // An open whose answer was lost would be sent again, and fail because of the file that it has made itself.
  env->PutString("OpenRecovery", "false");
  // A download that tried to reconnect would not notice for that long that it was cancelled.
  env->PutString("ReadRecovery", "false");
  // A file named x.meta4 or x.metalink is a file, not a list of places to download from.
  env->PutInt("MetalinkProcessing", 0);
}

Napi::Value GetInt(const Napi::CallbackInfo& info) {
  int value = 0;
  if (!XrdCl::DefaultEnv::GetEnv()->GetInt(StringArgument(info, 0), value)) return info.Env().Undefined();
  return Napi::Number::New(info.Env(), value);
}

Napi::Value PutInt(const Napi::CallbackInfo& info) {
  using Limits = std::numeric_limits<int>;
  const auto value = static_cast<int>(WholeArgument(info, 1, Limits::min(), Limits::max()));
  return Napi::Boolean::New(info.Env(), XrdCl::DefaultEnv::GetEnv()->PutInt(StringArgument(info, 0), value));
}

Napi::Value GetString(const Napi::CallbackInfo& info) {
  std::string value;
  if (!XrdCl::DefaultEnv::GetEnv()->GetString(StringArgument(info, 0), value)) return info.Env().Undefined();
  return Napi::String::New(info.Env(), value);
}

Napi::Value PutString(const Napi::CallbackInfo& info) {
  const bool done = XrdCl::DefaultEnv::GetEnv()->PutString(StringArgument(info, 0), StringArgument(info, 1));
  return Napi::Boolean::New(info.Env(), done);
}

Napi::Value ClientVersion(const Napi::CallbackInfo& info) { return Napi::String::New(info.Env(), XrdVSTRING); }
