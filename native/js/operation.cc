#include "js/operation.h"

#include <utility>

#include "js/arguments.h"
#include "js/environment_data.h"

namespace {

constexpr napi_type_tag kTag = {0x1d0f3ad0f0a6475e, 0x8c1d7a4a2c9b5f27};

}  // namespace

void Operation::Define(Napi::Env env) {
  EnvironmentData::Of(env).operation_class = Napi::Persistent(DefineClass(
      env, "Operation", {InstanceMethod<&Operation::Cancel>("cancel"), InstanceMethod<&Operation::Allow>("allow")}));
}

Napi::Object Operation::New(Napi::Env env, std::shared_ptr<Cancellable> work) {
  const Napi::Object object = EnvironmentData::Of(env).operation_class.New({});
  Unwrap(object)->work_ = std::move(work);
  return object;
}

Operation::Operation(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Operation>(info) {
  info.This().As<Napi::Object>().TypeTag(&kTag);
}

void Operation::Cancel(const Napi::CallbackInfo& info) {
  CheckThis(info, kTag);
  if (work_) work_->Cancel();
}

void Operation::Allow(const Napi::CallbackInfo& info) {
  CheckThis(info, kTag);
  if (work_) work_->Allow(LongArgument(info, 0));
}
