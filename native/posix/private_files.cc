#include "posix/private_files.h"

#ifdef __linux__
#include <sched.h>
#endif
#include <sys/stat.h>

namespace {

// The umask is the whole process's, unless a thread takes its own, which it then keeps for good. Docker's default rules
// forbid that.
bool HasOwnUmask() {
#ifdef __linux__
  thread_local const bool own = unshare(CLONE_FS) == 0;
  return own;
#else
  return false;
#endif
}

}  // namespace

PrivateFiles::PrivateFiles(bool wanted) {
  if (!wanted || !HasOwnUmask()) return;
  before_ = umask(S_IRWXG | S_IRWXO);
  changed_ = true;
}

PrivateFiles::~PrivateFiles() {
  if (changed_) umask(before_);
}
