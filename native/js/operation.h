// What JavaScript holds of work on our own threads: an object with cancel() and
// allow(), see cancellable.h. Collecting it doesn't end the work.
#pragma once

#include <memory>

#include "js/cancellable.h"
#include "js/napi.h"

class Operation final : public Napi::ObjectWrap<Operation> {
 public:
  static void Define(Napi::Env env);
  static Napi::Object New(Napi::Env env, std::shared_ptr<Cancellable> work);
  explicit Operation(const Napi::CallbackInfo& info);

 private:
  void Cancel(const Napi::CallbackInfo& info);
  void Allow(const Napi::CallbackInfo& info);

  std::shared_ptr<Cancellable> work_;
};
