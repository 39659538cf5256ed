#include "posix/kept_checksum.h"

#include <sys/stat.h>
#ifdef __linux__
#include <sys/xattr.h>
#endif

#include <cerrno>
#include <cstdint>
#include <utility>

#include "js/arguments.h"

namespace {

#ifdef __linux__
int Set(int descriptor, const std::string& text) {
  const int result = fsetxattr(descriptor, "user.xrootd-archive.checksum", text.data(), text.size(), 0);
  return result == 0 ? 0 : errno;
}

std::string NanosecondsOf(const timespec& time) {
  return std::to_string(static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec);
}
#endif

class Keeping final : public Napi::AsyncWorker {
 public:
  Keeping(Napi::Function callback, int descriptor, std::string checksum)
      : Napi::AsyncWorker(callback), descriptor_(descriptor), checksum_(std::move(checksum)) {}

  void Execute() override { error_ = KeepChecksum(descriptor_, checksum_); }
  void OnOK() override { Callback().Call({Napi::Number::New(Env(), error_)}); }

 private:
  const int descriptor_;
  const std::string checksum_;
  int error_ = 0;
};

}  // namespace

int KeepChecksum(int descriptor, const std::string& checksum) {
#ifdef __linux__
  struct stat stats {};
  if (fstat(descriptor, &stats) != 0) return errno;
  const std::string text = "v1 " + checksum + " " + std::to_string(stats.st_size) + " " + NanosecondsOf(stats.st_mtim);
  int error = Set(descriptor, text);
  // The permissions of the file count, though it is open for writing already.
  if (error == EACCES && (stats.st_mode & S_IWUSR) == 0) {
    const mode_t mode = stats.st_mode & 07777U;
    if (fchmod(descriptor, mode | S_IWUSR) != 0) return errno;
    error = Set(descriptor, text);
    if (fchmod(descriptor, mode) != 0) return errno;
  }
  return error;
#else
  static_cast<void>(descriptor);
  static_cast<void>(checksum);
  return ENOTSUP;
#endif
}

Napi::Value KeepChecksumLater(const Napi::CallbackInfo& info) {
  const int descriptor = DescriptorArgument(info, 0);
  auto* keeping = new Keeping(FunctionArgument(info, 2), descriptor, StringArgument(info, 1));
  keeping->Queue();  // it deletes itself
  return info.Env().Undefined();
}
