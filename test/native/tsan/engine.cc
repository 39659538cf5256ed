#include "engine.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>

Engine& Of(napi_env env) { return *reinterpret_cast<Engine*>(env); }

namespace {

napi_env EnvOf(Engine* engine) { return reinterpret_cast<napi_env>(engine); }
napi_value Out(Value* value) { return reinterpret_cast<napi_value>(value); }

}  // namespace

extern "C" napi_value napi_register_module_v1(napi_env env, napi_value exports);

struct CallInfo {
  Value* self;
  const std::vector<Value*>* arguments;
  void* data;
  Value* new_target;
};

Engine::Engine() {
  exports = Make(napi_object);
  napi_register_module_v1(EnvOf(this), Out(exports));
}

Value* Engine::Make(napi_valuetype type) {
  auto* value = new Value();
  value->type = type;
  return value;
}

Value* Engine::Number(double number) {
  Value* value = Make(napi_number);
  value->number = number;
  return value;
}

Value* Engine::Text(const std::string& text) {
  Value* value = Make(napi_string);
  value->text = text;
  return value;
}

Value* Engine::Flag(bool flag) {
  Value* value = Make(napi_boolean);
  value->boolean = flag;
  return value;
}

Value* Engine::Texts(const std::vector<std::string>& texts) {
  Value* value = Make(napi_object);
  value->is_array = true;
  for (const auto& text : texts) value->elements.push_back(Text(text));
  return value;
}

Value* Engine::Program(std::function<void(const std::vector<Value*>&)> function) {
  Value* value = Make(napi_function);
  value->program = std::move(function);
  return value;
}

Value* Engine::Invoke(Value* function, Value* self, const std::vector<Value*>& arguments) {
  if (function->program) {
    function->program(arguments);
    return Make(napi_undefined);
  }
  CallInfo info{self, &arguments, function->data, nullptr};
  napi_value result = function->native(EnvOf(this), reinterpret_cast<napi_callback_info>(&info));
  if (exception != nullptr) {
    std::fprintf(stderr, "the addon threw: %s\n", exception->members["message"]->text.c_str());
    std::abort();
  }
  return result == nullptr ? Make(napi_undefined) : reinterpret_cast<Value*>(result);
}

Value* Engine::New(Value* constructor, const std::vector<Value*>& arguments) {
  Value* self = Make(napi_object);
  self->methods = constructor->methods;
  CallInfo info{self, &arguments, constructor->data, constructor};
  constructor->native(EnvOf(this), reinterpret_cast<napi_callback_info>(&info));
  return self;
}

Value* Engine::Call(const std::string& name, const std::vector<Value*>& arguments) {
  return Invoke(exports->members.at(name), exports, arguments);
}

Value* Engine::CallMethod(Value* self, const std::string& name, const std::vector<Value*>& arguments) {
  return Invoke(self->methods.at(name), self, arguments);
}

void Engine::Post(std::function<void()> task) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (closed_) return;
  tasks_.push_back(std::move(task));
  changed_.notify_one();
}

void Engine::Run(const std::function<bool()>& done, const std::function<void()>& complain) {
  while (!done()) {
    std::function<void()> task;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      if (!changed_.wait_for(lock, std::chrono::seconds(30), [&] { return !tasks_.empty(); })) {
        complain();
        std::_Exit(3);
      }
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task();
  }
}

void Engine::Close() {
  for (auto hook = cleanups.rbegin(); hook != cleanups.rend(); ++hook) hook->first(hook->second);
  const std::lock_guard<std::mutex> lock(mutex_);
  closed_ = true;
  tasks_.clear();
}
