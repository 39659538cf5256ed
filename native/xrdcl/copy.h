// One copy: a CopyProcess of its own with a single job, on a thread of ours.
//
// Many copies are many of these, so that libXrdCl's traps with many jobs in one process don't exist: job numbers
// that wrap at 65,536 before 6.0, one bad URL that fails Prepare() for all, a `parallel` cut to eight bits.
//
// Threads: XrdCl calls the handler on the thread that runs the copy, which never waits for JavaScript: progress is
// kept as the latest value in atomics and told at most once an interval; ShouldCancel() reads an atomic. Only a copy
// that was asked to be held up waits, after each chunk that takes it beyond what Operation.allow() has allowed. It is
// then between two chunks on a thread of its own, with no lock of XrdCl's.
#pragma once

#include <chrono>

#include "js/napi.h"

// JavaScript: copy(properties, milliseconds between progress, held up, sync, callback) -> Operation.
// callback(0) started, (1, bytes, total) progress, (2, error | undefined, results) ended, always last;
// The results tell of the target as those of a small copy do, without `opened` where nobody knows.
// (3, bytes, total) it waits until allow() allows `bytes`.
Napi::Value Copy(const Napi::CallbackInfo& info);

// Waits until all copies have ended; at process exit, after they were cancelled.
bool StopCopies(std::chrono::steady_clock::time_point deadline);
