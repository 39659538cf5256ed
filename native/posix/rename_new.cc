#include "posix/rename_new.h"

#include <fcntl.h>

#include <cerrno>
#include <cstdio>

int RenameNew(int directory, const char* from, const char* to) {
#if defined(__APPLE__)
  return renameatx_np(directory, from, directory, to, RENAME_EXCL);
#elif defined(RENAME_NOREPLACE)
  return renameat2(directory, from, directory, to, RENAME_NOREPLACE);
#else
  static_cast<void>(directory);
  static_cast<void>(from);
  static_cast<void>(to);
  errno = ENOSYS;
  return -1;
#endif
}

int RenameExchange(const char* from, const char* to) {
#if defined(__APPLE__)
  return renameatx_np(AT_FDCWD, from, AT_FDCWD, to, RENAME_SWAP);
#elif defined(RENAME_EXCHANGE)
  return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_EXCHANGE);
#else
  static_cast<void>(from);
  static_cast<void>(to);
  errno = ENOSYS;
  return -1;
#endif
}
