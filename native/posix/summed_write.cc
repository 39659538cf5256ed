#include "posix/summed_write.h"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>

#include "js/arguments.h"
#include "js/strings.h"

namespace {

using Shared = std::shared_ptr<RunningSums>;

constexpr std::size_t kPiece = 256 * 1024;

Shared SumsArgument(const Napi::CallbackInfo& info, std::size_t index) {
  if (!info[index].IsExternal())
    throw Napi::TypeError::New(info.Env(), "argument " + std::to_string(index) + " must be sums");
  return *info[index].As<Napi::External<Shared>>().Data();
}

class Writing final : public Napi::AsyncWorker {
 public:
  Writing(Napi::Function callback, int descriptor, Napi::Uint8Array bytes, Shared sums)
      : Napi::AsyncWorker(callback),
        descriptor_(descriptor),
        data_(bytes.Data()),
        size_(bytes.ByteLength()),
        bytes_(Napi::Persistent(bytes)),
        sums_(std::move(sums)) {}

  void Execute() override {
    Descriptor file(descriptor_);
    if (!WriteSummed(file, data_, size_, *sums_)) error_ = errno;
    file.Release();
  }

  void OnOK() override { Callback().Call({Napi::Number::New(Env(), error_)}); }

 private:
  const int descriptor_;
  const std::uint8_t* const data_;
  const std::size_t size_;
  const Napi::Reference<Napi::Uint8Array> bytes_;
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
  auto sums = std::make_shared<RunningSums>(StringsArgument(info, 0));
  return Napi::External<Shared>::New(info.Env(), new Shared(std::move(sums)),
                                     [](Napi::Env /*env*/, Shared* shared) { delete shared; });
}

Napi::Value WriteSummedLater(const Napi::CallbackInfo& info) {
  if (!info[1].IsTypedArray()) throw Napi::TypeError::New(info.Env(), "argument 1 must be bytes");
  auto* writing = new Writing(FunctionArgument(info, 3), static_cast<int>(NumberArgument(info, 0)),
                              info[1].As<Napi::Uint8Array>(), SumsArgument(info, 2));
  writing->Queue();  // it deletes itself
  return info.Env().Undefined();
}

Napi::Value EndSums(const Napi::CallbackInfo& info) { return ArrayOfStrings(info.Env(), SumsArgument(info, 0)->Hex()); }
