#include "rename_new.h"

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
