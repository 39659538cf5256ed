#include "posix/sync_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <map>

#ifdef __linux__
#include <linux/magic.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#include <cstdio>
#endif

namespace {

int Sync(int descriptor) { return fsync(descriptor) == 0 ? 0 : errno; }

#ifdef __linux__

// Below that a sync of each is as fast, and waits for less of what others write.
constexpr std::size_t kMany = 4;

// Before Linux 5.8 syncfs(2) says nothing of bytes that couldn't be written.
bool TellsErrors() {
  static const bool tells = [] {
    constexpr int kMajor = 5;
    constexpr int kMinor = 8;
    utsname name{};
    int major = 0;
    int minor = 0;
    if (uname(&name) != 0 || std::sscanf(name.release, "%d.%d", &major, &minor) != 2) return false;
    return major > kMajor || (major == kMajor && minor >= kMinor);
  }();
  return tells;
}

// Where a sync of the whole file system is one commit of a journal, and one flush of the disk, which a sync of a file
// needs too.
bool HasOneJournal(int descriptor) {
  struct statfs stats {};
  return fstatfs(descriptor, &stats) == 0 && (stats.f_type == EXT4_SUPER_MAGIC || stats.f_type == XFS_SUPER_MAGIC);
}

// False: ask each. The error may be that of somebody else's file.
bool SyncTogether(const std::vector<int>& descriptors, const std::vector<std::size_t>& members,
                  std::vector<int>& errors) {
  const int first = descriptors[members.front()];
  if (members.size() < kMany || !TellsErrors() || !HasOneJournal(first) || syncfs(first) != 0) return false;
  for (const std::size_t i : members) {
    // Waits for nothing that isn't done; tells whether this file's bytes were among those that couldn't be written.
    errors[i] = sync_file_range(descriptors[i], 0, 0, SYNC_FILE_RANGE_WAIT_BEFORE) == 0 ? 0 : errno;
  }
  // Before Linux 5.17 only this tells of a journal that has ended.
  if (errors[members.front()] == 0) errors[members.front()] = Sync(first);
  return errors[members.front()] == 0;
}

#else

bool SyncTogether(const std::vector<int>&, const std::vector<std::size_t>&, std::vector<int>&) { return false; }

#endif

}  // namespace

std::vector<int> SyncFiles(const std::vector<int>& descriptors) {
  std::vector<int> errors(descriptors.size(), 0);
  std::map<dev_t, std::vector<std::size_t>> disks;
  for (std::size_t i = 0; i < descriptors.size(); ++i) {
    struct stat stats {};
    if (fstat(descriptors[i], &stats) == 0) {
      disks[stats.st_dev].push_back(i);
    } else {
      errors[i] = errno;
    }
  }
  for (const auto& disk : disks) {
    const auto& members = disk.second;
    if (SyncTogether(descriptors, members, errors)) continue;
    for (const std::size_t i : members) {
      if (errors[i] == 0) errors[i] = Sync(descriptors[i]);
    }
  }
  return errors;
}
