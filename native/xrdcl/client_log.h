// libXrdCl's own log, as lines for JavaScript.
//
// XrdCl::Log::SetOutput() has no lock and deletes the old sink, so one sink is installed at load for good, and what
// it does is switched inside it. XrdCl calls it on several threads.
#pragma once

#include "js/napi.h"

// Once a process, when the addon is first loaded.
void InstallLogSink();

// JavaScript: subscribe(callback) -> number, for unsubscribe(number). callback(text, dropped): text may hold several
// lines; dropped counts the messages lost since the last call because JavaScript was too slow to take them.
Napi::Value SubscribeToLog(const Napi::CallbackInfo& info);
void UnsubscribeFromLog(const Napi::CallbackInfo& info);

// JavaScript: hideInLog(texts, shown): from now on the log shows the latter instead of the former. It stays so for the
// process; the oldest are forgotten.
void HideInLog(const Napi::CallbackInfo& info);

// JavaScript: setLogLevel(0 nothing … 5 dump).
void SetLogLevel(const Napi::CallbackInfo& info);
