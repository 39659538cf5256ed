#include "lifetime.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "js/cancellable.h"
#include "js/js_queue.h"
#include "posix/checksum.h"
#include "threads/local_work.h"
#include "xrdcl/copy.h"
#include "xrdcl/request.h"

namespace {

// Node doesn't call environment cleanup hooks in process.exit() of the main thread, and XrdCl's threads that still
// copy while static objects are destroyed crash the process. So: silence, cancel, wait.
// A copy that hangs at a silent server can't be waited for; and with answers under way XrdCl's own end may deadlock:
// its poller waits for a worker that PostMaster::Stop() has ended (seen in a listing that comes in pieces, 5.5.3).
// Then the process ends here, with its own exit code.
void EndWork(int exit_code) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(3);
  JsQueue::CloseAll();
  Cancellable::CancelAll(nullptr);
  // Before the requests: what is at a disk may be about to send one.
  const bool worked = LocalWork().Stop(deadline);
  const bool asked = StopRequests(deadline);
  const bool summed = StopChecksums(deadline);
  const bool copied = StopCopies(deadline);
  if (worked && asked && summed && copied) return;
  std::fflush(nullptr);
  _exit(exit_code);
}

}  // namespace

void GuardProcessExit() {
#ifdef __GLIBC__
  // on_exit() is atexit() that is told the exit code.
  static_cast<void>(on_exit([](int exit_code, void*) { EndWork(exit_code); }, nullptr));
#else
  static_cast<void>(std::atexit([] { EndWork(EXIT_FAILURE); }));
#endif
}
