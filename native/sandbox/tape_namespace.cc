#include "tape_namespace.h"

#include <unistd.h>

#include <cstdint>
#include <cstdio>

namespace tape {

namespace {

#ifdef __APPLE__
constexpr auto kModified = &stat::st_mtimespec;
#else
constexpr auto kModified = &stat::st_mtim;
#endif

const struct timespec& modified(const struct stat& info) { return info.*kModified; }

// The robot sets times from JavaScript, whose doubles hold them to less than a microsecond.
constexpr std::int64_t kTimeTolerance = 100'000;  // ns

bool sameTime(const struct stat& a, const struct stat& b) {
  std::int64_t seconds = static_cast<std::int64_t>(modified(a).tv_sec) - modified(b).tv_sec;
  if (seconds < -1 || seconds > 1) return false;
  std::int64_t difference = seconds * 1'000'000'000 + (modified(a).tv_nsec - modified(b).tv_nsec);
  return difference > -kTimeTolerance && difference < kTimeTolerance;
}

void makeParents(const std::string& path) {
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    mkdir(path.substr(0, slash).c_str(), 0777);
  }
}

}  // namespace

std::string TapeNamespace::path(const char* name) const { return root_ + "/" + name; }

TapeCopy TapeNamespace::look(const char* name, struct stat& disk) const {
  struct stat copy;
  if (stat(path(name).c_str(), &copy) != 0 || !S_ISREG(copy.st_mode)) return {};
  if ((copy.st_mode & S_IXUSR) != 0) {
    disk.st_size = copy.st_size;
    disk.*kModified = copy.*kModified;
  }
  return {copy.st_size == disk.st_size && sameTime(copy, disk), (copy.st_mode & S_ISVTX) != 0};
}

bool TapeNamespace::holdsOnlyCopy(const char* name) const {
  struct stat copy;
  return stat(path(name).c_str(), &copy) == 0 && S_ISREG(copy.st_mode) && (copy.st_mode & S_ISVTX) != 0;
}

void TapeNamespace::remove(const char* name) const { unlink(path(name).c_str()); }

void TapeNamespace::removeDirectory(const char* name) const { rmdir(path(name).c_str()); }

void TapeNamespace::rename(const char* from, const char* to) const {
  std::string source = path(from);
  std::string target = path(to);
  if (::rename(source.c_str(), target.c_str()) == 0) return;
  struct stat info;
  if (stat(source.c_str(), &info) != 0) {
    unlink(target.c_str());
    return;
  }
  makeParents(target);
  ::rename(source.c_str(), target.c_str());
}

}  // namespace tape
