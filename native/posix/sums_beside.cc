#include "posix/sums_beside.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "js/arguments.h"
#include "js/strings.h"
#include "posix/running_sums.h"

namespace {

using Shared = std::shared_ptr<RunningSums>;

Shared SumsArgument(const Napi::CallbackInfo& info) {
  if (!info[0].IsExternal()) throw Napi::TypeError::New(info.Env(), "argument 0 must be sums");
  return *info[0].As<Napi::External<Shared>>().Data();
}

class Adding final : public Napi::AsyncWorker {
 public:
  Adding(Napi::Function callback, Shared sums, Napi::Uint8Array bytes)
      : Napi::AsyncWorker(callback),
        sums_(std::move(sums)),
        data_(bytes.Data()),
        size_(bytes.ByteLength()),
        bytes_(Napi::Persistent(bytes)) {}

  void Execute() override { sums_->Update(data_, size_); }
  void OnOK() override { Callback().Call({}); }

 private:
  const Shared sums_;
  const std::uint8_t* const data_;
  const std::size_t size_;
  const Napi::Reference<Napi::Uint8Array> bytes_;
};

}  // namespace

Napi::Value NewSums(const Napi::CallbackInfo& info) {
  auto sums = std::make_shared<RunningSums>(StringsArgument(info, 0));
  return Napi::External<Shared>::New(info.Env(), new Shared(std::move(sums)),
                                     [](Napi::Env /*env*/, Shared* shared) { delete shared; });
}

Napi::Value AddToSums(const Napi::CallbackInfo& info) {
  if (!info[1].IsTypedArray()) throw Napi::TypeError::New(info.Env(), "argument 1 must be bytes");
  auto* adding = new Adding(FunctionArgument(info, 2), SumsArgument(info), info[1].As<Napi::Uint8Array>());
  adding->Queue();  // it deletes itself
  return info.Env().Undefined();
}

Napi::Value EndSums(const Napi::CallbackInfo& info) { return ArrayOfStrings(info.Env(), SumsArgument(info)->Hex()); }
