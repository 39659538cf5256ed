#include "posix/other_locks.h"

#include <fcntl.h>
#include <unistd.h>

#include "js/arguments.h"

Napi::Value HasOtherLocks(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const int descriptor = DescriptorArgument(info, 0);
  struct flock lock {};
  lock.l_whence = SEEK_SET;
  lock.l_start = static_cast<off_t>(LongArgument(info, 1));
  lock.l_len = static_cast<off_t>(LongArgument(info, 2));
#ifdef F_OFD_GETLK
  // Only asked for: a directory, which can't be opened for writing, could never be locked so.
  lock.l_type = F_WRLCK;
  if (fcntl(descriptor, F_OFD_GETLK, &lock) == 0) return Napi::Boolean::New(env, lock.l_type != F_UNLCK);
#else
  static_cast<void>(descriptor);
#endif
  return env.Undefined();
}
