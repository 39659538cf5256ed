#include "posix/descriptor.h"

#include <cerrno>

ssize_t Descriptor::ReadAt(void* data, std::size_t size, std::uint64_t offset) const {
  for (;;) {
    const ssize_t got = pread(number_, data, size, static_cast<off_t>(offset));
    if (got >= 0 || errno != EINTR) return got;
  }
}

bool Descriptor::WriteAll(const void* data, std::size_t size) const {
  const auto* bytes = static_cast<const char*>(data);
  for (std::size_t at = 0; at < size;) {
    const ssize_t written = write(number_, bytes + at, size - at);
    if (written > 0) {
      at += static_cast<std::size_t>(written);
    } else if (written == 0) {
      errno = EIO;  // no call failed, but the bytes aren't there: never a success
      return false;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}
