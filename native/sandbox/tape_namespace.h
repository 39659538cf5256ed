#pragma once

#include <sys/stat.h>

#include <string>

namespace tape {

// What the tape knows of a logical name.
struct TapeCopy {
  bool complete = false;  // has the disk file's size and time: the file is backed up
  bool only = false;      // the disk file is a stub, its bytes are on tape only
};

// The tape's side of the namespace: <root>/<name> is the copy of <name>.
// A copy that carries the sticky bit is the only one: the disk file is a stub, which keeps its inode,
// size, times and attributes but is sparse. (On the disk file the same bit means "POSC pending".)
// One that is executable too is what clients are told of: its stub is being emptied or filled, or was.
class TapeNamespace {
 public:
  explicit TapeNamespace(std::string root) : root_(std::move(root)) {}

  // Where the robot is at work on the disk file, its size and time become the copy's.
  TapeCopy look(const char* name, struct stat& disk) const;
  bool holdsOnlyCopy(const char* name) const;
  void remove(const char* name) const;
  void removeDirectory(const char* name) const;
  // Follows a rename on disk; what the tape held under the new name is gone.
  void rename(const char* from, const char* to) const;

 private:
  std::string path(const char* name) const;

  std::string root_;
};

}  // namespace tape
