#include "posix/write_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/openat2.h>
#include <sys/syscall.h>
#endif

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "js/arguments.h"
#include "js/strings.h"
#include "posix/checksum_types.h"
#include "posix/descriptor.h"
#include "posix/kept_checksum.h"
#include "posix/rename_new.h"
#include "posix/running_sums.h"
#include "posix/summed_write.h"

namespace {

constexpr std::uint32_t kMostMode = 07777;

struct Place {
  std::string root;
  std::string parent;  // empty: the root itself
  std::string temporary;
  std::string name;
};

struct Sums {
  std::vector<std::string> types;  // the first one's is kept with the file
  std::string expected;            // hex, of the last type; empty: any
};

// Symbolic links lead to the root, never on from it.
int OpenBeneath(const std::string& root, const std::string& parent) {
#ifdef SYS_openat2
  const Descriptor top(open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (top.Number() < 0) return -1;
  open_how how{};
  how.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  const char* path = parent.empty() ? "." : parent.c_str();
  return static_cast<int>(syscall(SYS_openat2, top.Number(), path, &how, sizeof how));
#else
  static_cast<void>(root);
  static_cast<void>(parent);
  errno = ENOSYS;
  return -1;
#endif
}

class Writing final : public Napi::AsyncWorker {
 public:
  Writing(Napi::Function callback, Place place, std::vector<std::uint8_t> bytes, mode_t mode, Sums sums)
      : Napi::AsyncWorker(callback),
        place_(std::move(place)),
        sums_(std::move(sums)),
        running_(sums_.types),
        bytes_(std::move(bytes)),
        mode_(mode) {}

  void Execute() override {
    const Descriptor directory(OpenBeneath(place_.root, place_.parent));
    if (directory.Number() < 0) return Fail("directory");
    const char* temporary = place_.temporary.c_str();
    constexpr int kNew = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    Descriptor file(openat(directory.Number(), temporary, kNew, mode_));
    if (file.Number() < 0) return Fail("open");
    if (WriteSummed(file, bytes_.data(), bytes_.size(), running_)) {
      End(file, directory);
    } else {
      Fail("write");
    }
    if (error_ != 0) static_cast<void>(unlinkat(directory.Number(), temporary, 0));
  }

  void OnOK() override {
    Callback().Call(
        {Napi::Number::New(Env(), error_), Napi::String::New(Env(), step_), ArrayOfStrings(Env(), values_)});
  }

 private:
  void End(Descriptor& file, const Descriptor& directory) {
    values_ = running_.Hex();
    if (!sums_.expected.empty() && (values_.empty() || values_.back() != sums_.expected)) return Refuse();
    // Whatever comes of it: many file systems have no such attributes.
    if (!values_.empty()) KeepChecksum(file.Number(), sums_.types.front() + ":" + values_.front());
    if (file.Close() != 0) return Fail("close");
    if (RenameNew(directory.Number(), place_.temporary.c_str(), place_.name.c_str()) != 0) Fail("rename");
  }

  void Refuse() {
    error_ = EINVAL;
    step_ = "checksum";
  }

  void Fail(const char* step) {
    error_ = errno;
    step_ = step;
  }

  const Place place_;
  const Sums sums_;
  RunningSums running_;
  const std::vector<std::uint8_t> bytes_;
  const mode_t mode_;
  int error_ = 0;
  const char* step_ = "";
  std::vector<std::string> values_;
};

}  // namespace

Napi::Value WriteFile(const Napi::CallbackInfo& info) {
  Place place{StringArgument(info, 0), StringArgument(info, 1), StringArgument(info, 2), StringArgument(info, 3)};
  const mode_t mode = NumberArgument(info, 5, kMostMode);
  Sums sums{ChecksumTypesArgument(info, 6), StringArgument(info, 7)};
  const Napi::Function callback = FunctionArgument(info, 8);
  std::vector<std::uint8_t> bytes = BytesArgument(info, 4);
  auto* writing = new Writing(callback, std::move(place), std::move(bytes), mode, std::move(sums));
  writing->Queue();  // it deletes itself
  return info.Env().Undefined();
}
