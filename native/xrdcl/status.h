// XrdCl::XRootDStatus as a plain object. Names, errno and retryability come from one table, in lib/xrdcl.
#pragma once

#include <XrdCl/XrdClXRootDResponses.hh>
#include <string>

#include "js/napi.h"

// undefined when the status is OK, else {status, code, errNo, message}.
Napi::Value StatusToJs(Napi::Env env, const XrdCl::XRootDStatus& status);

// How a request ends that was cancelled.
XrdCl::XRootDStatus Interrupted(const std::string& message = "cancelled");

// Text of a server up to its first NUL: XRootD 5.5.3 appends garbage behind it.
std::string UpToNul(const char* data, std::size_t size);
