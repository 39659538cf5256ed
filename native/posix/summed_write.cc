#include "posix/summed_write.h"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "js/arguments.h"
#include "js/strings.h"
#include "posix/checksum_types.h"

namespace {

// One thread at a time has them.
struct Sums {
  RunningSums running;
  bool busy = false;   // a thread of libuv has them; JavaScript thread's only
  bool ended = false;  // likewise
};

using Shared = std::shared_ptr<Sums>;

constexpr std::size_t kPiece = 256 * 1024;
constexpr napi_type_tag kTag = {0x3f5e0a86c1d94b02, 0xb7d1c25a90fe4683};

// There are Externals that aren't ours: those of Node's own streams, for one.
Shared SumsArgument(const Napi::CallbackInfo& info, std::size_t index) {
  if (!info[index].IsExternal()) throw WrongArgument(info, index, "sums");
  const auto external = info[index].As<Napi::External<Shared>>();
  if (!external.CheckTypeTag(&kTag)) throw WrongArgument(info, index, "sums");
  Shared sums = *external.Data();
  if (sums->busy || sums->ended) throw WrongArgument(info, index, "sums that are neither in use nor ended");
  return sums;
}

class Writing final : public Napi::AsyncWorker {
 public:
  Writing(Napi::Function callback, int descriptor, std::vector<std::uint8_t> bytes, Shared sums)
      : Napi::AsyncWorker(callback), descriptor_(descriptor), bytes_(std::move(bytes)), sums_(std::move(sums)) {
    sums_->busy = true;
  }
  Writing(const Writing&) = delete;
  Writing& operator=(const Writing&) = delete;
  ~Writing() override { sums_->busy = false; }

  void Execute() override {
    Descriptor file(descriptor_);
    if (!WriteSummed(file, bytes_.data(), bytes_.size(), sums_->running)) error_ = errno;
    file.Release();
  }

  void OnOK() override {
    sums_->busy = false;
    Callback().Call({Napi::Number::New(Env(), error_)});
  }

 private:
  const int descriptor_;
  const std::vector<std::uint8_t> bytes_;
  const Shared sums_;
  int error_ = 0;
};

}  // namespace

bool WriteSummed(const Descriptor& file, const std::uint8_t* data, std::size_t size, RunningSums& sums) {
  for (std::size_t at = 0; at < size; at += kPiece) {
    const std::size_t piece = std::min(kPiece, size - at);
    sums.Update(data + at, piece);
    if (!file.WriteAll(data + at, piece)) return false;
  }
  return true;
}

Napi::Value NewSums(const Napi::CallbackInfo& info) {
  auto sums = std::make_shared<Sums>(Sums{RunningSums(ChecksumTypesArgument(info, 0))});
  auto external = Napi::External<Shared>::New(info.Env(), new Shared(std::move(sums)),
                                              [](Napi::Env /*env*/, Shared* shared) { delete shared; });
  external.TypeTag(&kTag);
  return external;
}

Napi::Value WriteSummedLater(const Napi::CallbackInfo& info) {
  const int descriptor = DescriptorArgument(info, 0);
  const Napi::Function callback = FunctionArgument(info, 3);
  std::vector<std::uint8_t> bytes = BytesArgument(info, 1);
  // Last, when no more JavaScript can run before they are in use.
  auto* writing = new Writing(callback, descriptor, std::move(bytes), SumsArgument(info, 2));
  writing->Queue();  // it deletes itself
  return info.Env().Undefined();
}

Napi::Value EndSums(const Napi::CallbackInfo& info) {
  const Shared sums = SumsArgument(info, 0);
  sums->ended = true;
  return ArrayOfStrings(info.Env(), sums->running.Hex());
}
