// XrdCl's process-wide settings (XrdCl::DefaultEnv), and our defaults for a process that lives long.
#pragma once

#include "js/napi.h"

// Once a process, when the addon is first loaded. A setting that came from the shell (XRD_…) stays.
void SetClientDefaults();

Napi::Value GetInt(const Napi::CallbackInfo& info);
Napi::Value PutInt(const Napi::CallbackInfo& info);
Napi::Value GetString(const Napi::CallbackInfo& info);
Napi::Value PutString(const Napi::CallbackInfo& info);
Napi::Value ClientVersion(const Napi::CallbackInfo& info);
