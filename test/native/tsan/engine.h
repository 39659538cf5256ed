// As much of Node-API as the addon uses, without Node: for ThreadSanitizer, which must see every thread and every lock.
// One Engine is one JavaScript environment; its loop runs on the thread that calls Run(). Values are never freed.
#pragma once

#include <node_api.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

struct Engine;

struct Value {
  napi_valuetype type = napi_undefined;
  bool boolean = false;
  double number = 0;
  std::string text;
  std::map<std::string, Value*> members;
  bool is_array = false;
  std::vector<Value*> elements;
  std::shared_ptr<std::vector<char>> bytes;  // of a buffer
  // A function: either the addon's, or the program's.
  napi_callback native = nullptr;
  void* data = nullptr;  // also of an external, and of an object that is wrapped
  std::function<void(const std::vector<Value*>&)> program;
  std::map<std::string, Value*> methods;  // of a class
};

// A napi_env points to it.
struct Engine {
  Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  Value* Make(napi_valuetype type);
  Value* Number(double number);
  Value* Text(const std::string& text);
  Value* Flag(bool flag);
  Value* Texts(const std::vector<std::string>& texts);
  Value* Program(std::function<void(const std::vector<Value*>&)> function);
  // Ends the program when the addon throws.
  Value* Call(const std::string& name, const std::vector<Value*>& arguments);
  Value* CallMethod(Value* self, const std::string& name, const std::vector<Value*>& arguments);
  Value* New(Value* constructor, const std::vector<Value*>& arguments);
  Value* Invoke(Value* function, Value* self, const std::vector<Value*>& arguments);

  // Any thread.
  void Post(std::function<void()> task);
  // Until `done`; when nothing comes for half a minute it calls `complain` and ends the program.
  void Run(const std::function<bool()>& done, const std::function<void()>& complain);
  // As when a worker ends.
  void Close();

  Value* exports = nullptr;
  Value* exception = nullptr;
  void* instance = nullptr;
  std::vector<std::pair<void (*)(void*), void*>> cleanups;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool closed_ = false;
};

Engine& Of(napi_env env);
