// JavaScript values of XrdCl's responses. Each gets null when the server sent none.
#pragma once

#include <XrdCl/XrdClXRootDResponses.hh>

#include "js/napi.h"

namespace responses {

Napi::Value Nothing(Napi::Env env, XrdCl::AnyObject* response);
Napi::Value Text(Napi::Env env, XrdCl::AnyObject* response);
Napi::Value Stat(Napi::Env env, XrdCl::AnyObject* response);
Napi::Value StatVfs(Napi::Env env, XrdCl::AnyObject* response);
// What the server says it is: XrdCl::ProtocolInfo::HostTypes.
Napi::Value HostTypes(Napi::Env env, XrdCl::AnyObject* response);
Napi::Value Locations(Napi::Env env, XrdCl::AnyObject* response);
Napi::Value Directory(Napi::Env env, XrdCl::AnyObject* response);
// A listing that asked for stats, in two values.
Napi::Value DirectoryStats(Napi::Env env, XrdCl::AnyObject* response);
Napi::Value XAttrStatuses(Napi::Env env, XrdCl::AnyObject* response);
Napi::Value XAttrs(Napi::Env env, XrdCl::AnyObject* response);

}  // namespace responses
