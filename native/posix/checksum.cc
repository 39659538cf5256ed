#include "posix/checksum.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "js/arguments.h"
#include "js/cancellable.h"
#include "js/completion.h"
#include "js/operation.h"
#include "js/strings.h"
#include "posix/checksum_types.h"
#include "posix/descriptor.h"
#include "posix/running_sums.h"
#include "threads/bounded_threads.h"

namespace {

constexpr std::size_t kPiece = 256 * 1024;                   // stays in a core's cache between read and sum
constexpr std::int64_t kMostLength = 9'007'199'254'740'991;  // 2^53 - 1

BoundedThreads& Threads() {
  static auto* threads = new BoundedThreads(8);
  return *threads;
}

class FileChecksum final : public Cancellable, public std::enable_shared_from_this<FileChecksum> {
 public:
  FileChecksum(Completion completion, int descriptor, int error, const std::vector<std::string>& types,
               std::uint64_t offset, std::uint64_t length)
      : Cancellable(completion.Owner()),
        completion_(std::move(completion)),
        descriptor_(descriptor),
        error_(error),
        sums_(types),
        offset_(offset),
        length_(length) {}

  void Run() {
    const int error = error_ == 0 ? Read() : error_;
    // Not left to the destructor: it waits until JavaScript has collected the Operation, and a descriptor that is open
    // keeps a removed file's blocks.
    static_cast<void>(descriptor_.Close());
    completion_.Finish([self = shared_from_this(), error](Napi::Env env) -> Completion::Arguments {
      return {Napi::Number::New(env, error), ArrayOfStrings(env, self->sums_.Hex()),
              Napi::Number::New(env, static_cast<double>(self->done_))};
    });
  }

 private:
  int Read() {
    std::vector<unsigned char> piece(static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, length_)));
    while (done_ < length_) {
      if (Cancelled()) return ECANCELED;
      const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), length_ - done_));
      const ssize_t got = descriptor_.ReadAt(piece.data(), wanted, offset_ + done_);
      if (got < 0) return errno;
      if (got == 0) return 0;
      sums_.Update(piece.data(), static_cast<std::size_t>(got));
      done_ += static_cast<std::uint64_t>(got);
    }
    return 0;
  }

  const Completion completion_;
  Descriptor descriptor_;
  const int error_;  // why there is no descriptor
  RunningSums sums_;
  const std::uint64_t offset_;
  const std::uint64_t length_;
  std::uint64_t done_ = 0;
};

}  // namespace

Napi::Value Checksum(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const int given = DescriptorArgument(info, 0);
  const std::vector<std::string> types = ChecksumTypesArgument(info, 1);
  const std::uint64_t offset = LongArgument(info, 2);
  // -1 becomes the largest: to the end of the file.
  const auto length = static_cast<std::uint64_t>(WholeArgument(info, 3, -1, kMostLength));
  const Napi::Function callback = FunctionArgument(info, 4);
  const int descriptor = fcntl(given, F_DUPFD_CLOEXEC, 0);
  const int error = descriptor < 0 ? errno : 0;
  auto work =
      std::make_shared<FileChecksum>(Completion::Begin(env, callback), descriptor, error, types, offset, length);
  Threads().Run([work] { work->Run(); });
  return Operation::New(env, work);
}

bool StopChecksums(std::chrono::steady_clock::time_point deadline) { return Threads().Stop(deadline); }
