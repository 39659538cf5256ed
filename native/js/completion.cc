#include "js/completion.h"

Completion Completion::Begin(Napi::Env env, Napi::Function callback, std::shared_ptr<void> keep_alive,
                             bool keeps_loop_alive) {
  EnvironmentData& data = EnvironmentData::Of(env);
  return {data.Queue(), data.Begin(env, callback, std::move(keep_alive), keeps_loop_alive)};
}
