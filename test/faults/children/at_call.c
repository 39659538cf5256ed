/*
 * Loaded before the C library (LD_PRELOAD): tells that a call for a file is reached, and stands still there until a file exists. The environment
 * is set by the process itself: AT_CALL "before|after CALL", AT_PATH a part of the path, or with a "$" behind it its end, AT_REACHED and AT_GO files.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_flag told = ATOMIC_FLAG_INIT;

static int matches(const char* path, const char* part) {
  const size_t length = strlen(part);
  if (length == 0 || part[length - 1] != '$') return strstr(path, part) != NULL;
  const size_t all = strlen(path);
  return all + 1 >= length && strncmp(path + all + 1 - length, part, length - 1) == 0;
}

static void at(const char* when, const char* call, const char* path) {
  const char* wanted = getenv("AT_CALL");
  if (wanted == NULL) return;
  char name[64];
  snprintf(name, sizeof name, "%s %s", when, call);
  if (strcmp(name, wanted) != 0 || !matches(path, getenv("AT_PATH"))) return;
  if (atomic_flag_test_and_set(&told)) return;
  close(open(getenv("AT_REACHED"), O_WRONLY | O_CREAT, 0600));
  while (access(getenv("AT_GO"), F_OK) != 0) usleep(2000);
}

static void at_fd(const char* when, const char* call, int fd) {
  if (getenv("AT_CALL") == NULL) return;
  char link[32];
  char path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return;
  path[length] = 0;
  at(when, call, path);
}

#define AROUND_FD(call, type, parameters, arguments)                   \
  type call parameters {                                               \
    static type(*real) parameters;                                     \
    if (real == NULL) real = (type(*) parameters)dlsym(RTLD_NEXT, #call); \
    at_fd("before", #call, fd);                                        \
    const type result = real arguments;                                \
    at_fd("after", #call, fd);                                         \
    return result;                                                     \
  }

AROUND_FD(fsync, int, (int fd), (fd))
AROUND_FD(futimens, int, (int fd, const struct timespec times[2]), (fd, times))
AROUND_FD(fsetxattr, int, (int fd, const char* name, const void* value, size_t size, int flags),
          (fd, name, value, size, flags))

int renameat2(int from_directory, const char* from, int to_directory, const char* to, unsigned flags) {
  static int (*real)(int, const char*, int, const char*, unsigned);
  if (real == NULL) real = (int (*)(int, const char*, int, const char*, unsigned))dlsym(RTLD_NEXT, "renameat2");
  at("before", "renameat2", to);
  const int result = real(from_directory, from, to_directory, to, flags);
  at("after", "renameat2", to);
  return result;
}
