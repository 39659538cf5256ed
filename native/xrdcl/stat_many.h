// Many stats told as one: each is a request of its own to the server, all are in flight at once, and JavaScript is
// called when the last one is answered. What the way into JavaScript costs is paid once for all.
#pragma once

#include <XrdCl/XrdClFileSystem.hh>
#include <memory>
#include <string>
#include <vector>

#include "js/napi.h"

// Calls `callback(undefined, {values, errors})`: `values` has three numbers a path, its flags (-1: see `errors`), size
// and time of change; `errors` has [index, error] of each that failed. Returns the number of the request.
Napi::Value StatMany(Napi::Env env, std::shared_ptr<XrdCl::FileSystem> file_system, std::vector<std::string> paths,
                     std::uint16_t timeout, Napi::Function callback);
