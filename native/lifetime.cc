#include "lifetime.h"

#include <unistd.h>

#include <cstdlib>

#include "cancellable.h"
#include "checksum.h"
#include "copy.h"
#include "js_queue.h"
#include "request.h"

namespace {

// Node doesn't call environment cleanup hooks in process.exit() of the main thread, and XrdCl's threads that still
// copy while static objects are destroyed crash the process. So: silence, cancel, wait; a copy that hangs at a
// silent server can't be waited for, then the process ends here, with its own exit code.
void EndWork(int exit_code) {
  JsQueue::CloseAll();
  Cancellable::CancelAll(nullptr);
  const bool sent = Request::StopSending();
  const bool summed = StopChecksums();
  const bool copied = StopCopies();
  if (!(sent && summed && copied)) _exit(exit_code);
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
