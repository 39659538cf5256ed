#include "posix/replace_seen.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <ctime>

#include "posix/rename_new.h"

namespace {

#ifdef __APPLE__
const timespec& Modified(const struct stat& stats) { return stats.st_mtimespec; }
const timespec& Changed(const struct stat& stats) { return stats.st_ctimespec; }
#else
const timespec& Modified(const struct stat& stats) { return stats.st_mtim; }
const timespec& Changed(const struct stat& stats) { return stats.st_ctim; }
#endif

std::string Nanoseconds(const timespec& time) {
  constexpr long long kNanoseconds = 1'000'000'000;
  return std::to_string(time.tv_sec * kNanoseconds + time.tv_nsec);
}

// All of a version but its end, the time that a rename moves.
std::string Renamed(const struct stat& stats) {
  return std::to_string(stats.st_dev) + ':' + std::to_string(stats.st_ino) + ':' + std::to_string(stats.st_size) + ':' +
         Nanoseconds(Modified(stats)) + ':';
}

std::string VersionOf(const struct stat& stats) { return Renamed(stats) + Nanoseconds(Changed(stats)); }

bool IsOne(const struct stat& a, const struct stat& b) { return a.st_dev == b.st_dev && a.st_ino == b.st_ino; }

int Refused() {
  errno = EEXIST;
  return -1;
}

bool CannotExchange() { return errno == EINVAL || errno == ENOSYS || errno == ENOTSUP || errno == EOPNOTSUPP; }

// What `from` holds gets the name `to`, in exchange for what has it, if anything has.
int GiveBack(const char* from, const char* to) {
  if (RenameExchange(from, to) == 0) return 0;
  return errno == ENOENT ? RenameNew(AT_FDCWD, from, to) : -1;
}

}  // namespace

int ReplaceSeen(const char* from, const char* to, const std::string& version) {
  struct stat ours {};
  struct stat there {};
  if (lstat(from, &ours) != 0) return -1;
  if (lstat(to, &there) != 0) return errno == ENOENT ? RenameNew(AT_FDCWD, from, to) : -1;
  if (VersionOf(there) != version) return Refused();
  if (RenameExchange(from, to) != 0) {
    if (errno == ENOENT) return RenameNew(AT_FDCWD, from, to);
    return CannotExchange() ? std::rename(from, to) : -1;
  }
  if (lstat(from, &there) != 0) return -1;
  if (Renamed(there) == version.substr(0, version.rfind(':') + 1)) return unlink(from);
  // It came between the look and the exchange: it gets its name back.
  if (GiveBack(from, to) != 0) return -1;
  struct stat now {};
  if (lstat(from, &now) != 0 || IsOne(now, ours)) return Refused();
  // Somebody replaced ours meanwhile: the last of them keeps the name, and what it has replaced goes.
  if (GiveBack(from, to) != 0) return -1;
  if (lstat(from, &now) == 0 && IsOne(now, there)) static_cast<void>(unlink(from));
  return Refused();
}
