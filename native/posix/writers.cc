#include "posix/writers.h"

#include <fcntl.h>
#ifdef __linux__
#include <linux/magic.h>
#include <sys/vfs.h>
#endif

#include <cerrno>
#include <csignal>
#include <cstdint>

#include "js/arguments.h"

namespace {

#ifdef F_SETLEASE
// NFS and SMB refuse leases with the same EAGAIN as a writer does, and see no writers of other machines.
bool OnNetworkFileSystem(int descriptor) {
  struct statfs info {};
  if (fstatfs(descriptor, &info) != 0) return true;
  constexpr std::uint32_t kCifs = 0xFF534D42;
  constexpr std::uint32_t kSmb2 = 0xFE534D42;
  const auto type = static_cast<std::uint32_t>(info.f_type);
  return type == NFS_SUPER_MAGIC || type == SMB_SUPER_MAGIC || type == kCifs || type == kSmb2;
}
#endif

}  // namespace

Napi::Value HasWriters(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
#ifdef F_SETLEASE
  const int descriptor = DescriptorArgument(info, 0);
  // A writer that comes while we hold the lease makes the kernel signal us: by default with SIGIO, which ends a
  // process. SIGURG is ignored by default. The writer waits for the microseconds until the lease is given back.
  if (fcntl(descriptor, F_SETSIG, SIGURG) != 0) return env.Undefined();
  if (fcntl(descriptor, F_SETLEASE, F_RDLCK) == 0) {
    static_cast<void>(fcntl(descriptor, F_SETLEASE, F_UNLCK));
    return Napi::Boolean::New(env, false);
  }
  if (errno == EAGAIN && !OnNetworkFileSystem(descriptor)) return Napi::Boolean::New(env, true);
#else
  static_cast<void>(DescriptorArgument(info, 0));
#endif
  return env.Undefined();
}
