// Asynchronous requests to a server: sent from a thread of our own, answered on a thread of XrdCl, settled on the
// JavaScript thread.
//
// Sending isn't done on the JavaScript thread because the first request to a host resolves its name, which blocks.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "js/napi.h"
#include "xrdcl/answer.h"

// Makes the JavaScript value of a response; it gets null where there is none. JavaScript thread.
using ConvertResponse = Napi::Value (*)(Napi::Env env, XrdCl::AnyObject* response);

// Calls `callback(error | undefined, value, more)`: once, or for streamed responses several times, `more` being true
// for all but the last. `keep_alive` lives until then. Returns the request's number, for ReleaseRequest().
Napi::Value StartRequest(Napi::Env env, Napi::Function callback, ConvertResponse convert, Answer::Send send,
                         std::shared_ptr<void> keep_alive);

// JavaScript: release(number): the request doesn't keep the event loop alive any more; it is still answered.
void ReleaseRequest(const Napi::CallbackInfo& info);

// Runs on the thread that sends, after what was sent before.
void OnSender(std::function<void()> work);

// Drops what isn't sent and waits for the sending thread; at process exit. False when that isn't back in time, or
// requests are unanswered: then XrdCl's own end may hang.
bool StopRequests(std::chrono::steady_clock::time_point deadline);
