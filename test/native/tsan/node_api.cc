// Node-API's functions on Engine. What the addon doesn't need in this program isn't here; calling it would end the
// process.
#include <node_api.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "engine.h"

namespace {

struct Info {
  Value* self;
  const std::vector<Value*>* arguments;
  void* data;
  Value* new_target;
};

struct ThreadsafeFunction {
  Engine* engine;
  void* context;
  napi_threadsafe_function_call_js call;
};

struct Work {
  Engine* engine;
  napi_async_execute_callback execute;
  napi_async_complete_callback complete;
  void* data;
};

Value* In(napi_value value) { return reinterpret_cast<Value*>(value); }

napi_status Give(napi_value* result, Value* value) {
  *result = reinterpret_cast<napi_value>(value);
  return napi_ok;
}

napi_status MakeError(napi_env env, napi_value message, napi_value* result) {
  Value* error = Of(env).Make(napi_object);
  error->members["message"] = In(message);
  return Give(result, error);
}

}  // namespace

extern "C" {

napi_status napi_get_undefined(napi_env env, napi_value* result) { return Give(result, Of(env).Make(napi_undefined)); }
napi_status napi_get_null(napi_env env, napi_value* result) { return Give(result, Of(env).Make(napi_null)); }
napi_status napi_get_boolean(napi_env env, bool value, napi_value* result) { return Give(result, Of(env).Flag(value)); }
napi_status napi_create_double(napi_env env, double value, napi_value* result) {
  return Give(result, Of(env).Number(value));
}
napi_status napi_create_object(napi_env env, napi_value* result) { return Give(result, Of(env).Make(napi_object)); }
napi_status napi_create_string_utf8(napi_env env, const char* text, size_t length, napi_value* result) {
  return Give(result, Of(env).Text(length == NAPI_AUTO_LENGTH ? std::string(text) : std::string(text, length)));
}
napi_status napi_create_string_latin1(napi_env env, const char* text, size_t length, napi_value* result) {
  return napi_create_string_utf8(env, text, length, result);
}
napi_status napi_create_array(napi_env env, napi_value* result) { return Give(result, Of(env).Texts({})); }
napi_status napi_create_array_with_length(napi_env env, size_t, napi_value* result) {
  return napi_create_array(env, result);
}
napi_status napi_create_error(napi_env env, napi_value, napi_value message, napi_value* result) {
  return MakeError(env, message, result);
}
napi_status napi_create_type_error(napi_env env, napi_value, napi_value message, napi_value* result) {
  return MakeError(env, message, result);
}
napi_status napi_create_range_error(napi_env env, napi_value, napi_value message, napi_value* result) {
  return MakeError(env, message, result);
}
napi_status napi_create_function(napi_env env, const char*, size_t, napi_callback callback, void* data,
                                 napi_value* result) {
  Value* function = Of(env).Make(napi_function);
  function->native = callback;
  function->data = data;
  return Give(result, function);
}
napi_status napi_create_external(napi_env env, void* data, napi_finalize, void*, napi_value* result) {
  Value* external = Of(env).Make(napi_external);
  external->data = data;
  return Give(result, external);
}
napi_status napi_create_buffer_copy(napi_env env, size_t size, const void* data, void**, napi_value* result) {
  Value* buffer = Of(env).Make(napi_object);
  const auto* bytes = static_cast<const char*>(data);
  buffer->bytes = std::make_shared<std::vector<char>>(bytes, bytes + size);
  return Give(result, buffer);
}
napi_status napi_create_arraybuffer(napi_env env, size_t size, void** data, napi_value* result) {
  Value* buffer = Of(env).Make(napi_object);
  buffer->bytes = std::make_shared<std::vector<char>>(size);
  *data = buffer->bytes->data();
  return Give(result, buffer);
}
napi_status napi_create_typedarray(napi_env, napi_typedarray_type, size_t, napi_value buffer, size_t,
                                   napi_value* result) {
  return Give(result, In(buffer));
}
napi_status napi_is_typedarray(napi_env, napi_value value, bool* result) {
  *result = In(value)->bytes != nullptr;
  return napi_ok;
}
napi_status napi_get_typedarray_info(napi_env, napi_value value, napi_typedarray_type* type, size_t* length,
                                     void** data, napi_value* buffer, size_t* offset) {
  Value* array = In(value);
  if (type != nullptr) *type = napi_uint8_array;
  if (length != nullptr) *length = array->bytes->size();
  if (data != nullptr) *data = array->bytes->data();
  if (buffer != nullptr) *buffer = value;
  if (offset != nullptr) *offset = 0;
  return napi_ok;
}
napi_status napi_get_arraybuffer_info(napi_env, napi_value value, void** data, size_t* length) {
  if (data != nullptr) *data = In(value)->bytes->data();
  if (length != nullptr) *length = In(value)->bytes->size();
  return napi_ok;
}
napi_status napi_is_detached_arraybuffer(napi_env, napi_value, bool* result) {
  *result = false;
  return napi_ok;
}

napi_status napi_typeof(napi_env, napi_value value, napi_valuetype* result) {
  *result = value == nullptr ? napi_undefined : In(value)->type;
  return napi_ok;
}
napi_status napi_is_array(napi_env, napi_value value, bool* result) {
  *result = In(value)->is_array;
  return napi_ok;
}
napi_status napi_get_value_double(napi_env, napi_value value, double* result) {
  *result = In(value)->number;
  return napi_ok;
}
napi_status napi_get_value_int64(napi_env, napi_value value, int64_t* result) {
  *result = static_cast<int64_t>(In(value)->number);
  return napi_ok;
}
napi_status napi_get_value_bool(napi_env, napi_value value, bool* result) {
  *result = In(value)->boolean;
  return napi_ok;
}
napi_status napi_get_value_string_utf8(napi_env, napi_value value, char* buffer, size_t size, size_t* result) {
  const std::string& text = In(value)->text;
  if (buffer != nullptr) std::memcpy(buffer, text.c_str(), text.size() < size ? text.size() + 1 : size);
  if (result != nullptr) *result = text.size();
  return napi_ok;
}
napi_status napi_get_value_external(napi_env, napi_value value, void** result) {
  *result = In(value)->data;
  return napi_ok;
}
napi_status napi_coerce_to_bool(napi_env env, napi_value value, napi_value* result) {
  return Give(result, Of(env).Flag(In(value)->type == napi_boolean && In(value)->boolean));
}
napi_status napi_coerce_to_string(napi_env, napi_value value, napi_value* result) { return Give(result, In(value)); }

napi_status napi_get_property_names(napi_env env, napi_value object, napi_value* result) {
  std::vector<std::string> names;
  for (const auto& member : In(object)->members) names.push_back(member.first);
  return Give(result, Of(env).Texts(names));
}
napi_status napi_get_named_property(napi_env env, napi_value object, const char* name, napi_value* result) {
  const auto found = In(object)->members.find(name);
  return Give(result, found == In(object)->members.end() ? Of(env).Make(napi_undefined) : found->second);
}
napi_status napi_get_property(napi_env env, napi_value object, napi_value name, napi_value* result) {
  return napi_get_named_property(env, object, In(name)->text.c_str(), result);
}
napi_status napi_set_named_property(napi_env, napi_value object, const char* name, napi_value value) {
  In(object)->members[name] = In(value);
  return napi_ok;
}
napi_status napi_has_property(napi_env, napi_value object, napi_value name, bool* result) {
  *result = In(object)->members.count(In(name)->text) > 0;
  return napi_ok;
}
napi_status napi_get_array_length(napi_env, napi_value array, uint32_t* result) {
  *result = static_cast<uint32_t>(In(array)->elements.size());
  return napi_ok;
}
napi_status napi_get_element(napi_env, napi_value array, uint32_t index, napi_value* result) {
  return Give(result, In(array)->elements.at(index));
}
napi_status napi_set_element(napi_env, napi_value array, uint32_t index, napi_value value) {
  auto& elements = In(array)->elements;
  if (elements.size() <= index) elements.resize(index + 1);
  elements[index] = In(value);
  return napi_ok;
}

napi_status napi_get_global(napi_env env, napi_value* result) {
  Engine* engine = &Of(env);
  Value* global = engine->Make(napi_object);
  global->members["setImmediate"] = engine->Program([engine](const std::vector<Value*>& arguments) {
    engine->Post([engine, function = arguments.at(0)] { engine->Invoke(function, nullptr, {}); });
  });
  return Give(result, global);
}
napi_status napi_call_function(napi_env env, napi_value self, napi_value function, size_t count,
                               const napi_value* arguments, napi_value* result) {
  std::vector<Value*> list;
  for (size_t i = 0; i < count; ++i) list.push_back(In(arguments[i]));
  Value* value = Of(env).Invoke(In(function), In(self), list);
  if (result != nullptr) return Give(result, value);
  return napi_ok;
}
napi_status napi_new_instance(napi_env env, napi_value constructor, size_t count, const napi_value* arguments,
                              napi_value* result) {
  std::vector<Value*> list;
  for (size_t i = 0; i < count; ++i) list.push_back(In(arguments[i]));
  return Give(result, Of(env).New(In(constructor), list));
}
napi_status napi_get_cb_info(napi_env env, napi_callback_info info, size_t* count, napi_value* arguments,
                             napi_value* self, void** data) {
  const auto* call = reinterpret_cast<const Info*>(info);
  const auto& given = *call->arguments;
  if (count != nullptr) {
    for (size_t i = 0; arguments != nullptr && i < *count; ++i) {
      Give(&arguments[i], i < given.size() ? given[i] : Of(env).Make(napi_undefined));
    }
    *count = given.size();
  }
  if (self != nullptr) Give(self, call->self);
  if (data != nullptr) *data = call->data;
  return napi_ok;
}
napi_status napi_get_new_target(napi_env, napi_callback_info info, napi_value* result) {
  return Give(result, reinterpret_cast<const Info*>(info)->new_target);
}
napi_status napi_define_class(napi_env env, const char*, size_t, napi_callback constructor, void* data, size_t count,
                              const napi_property_descriptor* properties, napi_value* result) {
  Value* made = Of(env).Make(napi_function);
  made->native = constructor;
  made->data = data;
  for (size_t i = 0; i < count; ++i) {
    Value* method = Of(env).Make(napi_function);
    method->native = properties[i].method;
    method->data = properties[i].data;
    made->methods[properties[i].utf8name] = method;
  }
  return Give(result, made);
}
napi_status napi_define_properties(napi_env, napi_value, size_t, const napi_property_descriptor*) { return napi_ok; }
napi_status napi_wrap(napi_env, napi_value object, void* native, napi_finalize, void*, napi_ref* result) {
  In(object)->data = native;
  if (result != nullptr) *result = reinterpret_cast<napi_ref>(object);
  return napi_ok;
}
napi_status napi_unwrap(napi_env, napi_value object, void** result) {
  *result = In(object)->data;
  return napi_ok;
}
napi_status napi_type_tag_object(napi_env, napi_value, const napi_type_tag*) { return napi_ok; }
napi_status napi_check_object_type_tag(napi_env, napi_value, const napi_type_tag*, bool* result) {
  *result = true;
  return napi_ok;
}
napi_status napi_add_finalizer(napi_env, napi_value, void*, napi_finalize, void*, napi_ref*) { return napi_ok; }

napi_status napi_create_reference(napi_env, napi_value value, uint32_t, napi_ref* result) {
  *result = reinterpret_cast<napi_ref>(value);
  return napi_ok;
}
napi_status napi_delete_reference(napi_env, napi_ref) { return napi_ok; }
napi_status napi_get_reference_value(napi_env, napi_ref reference, napi_value* result) {
  return Give(result, reinterpret_cast<Value*>(reference));
}
napi_status napi_open_handle_scope(napi_env, napi_handle_scope*) { return napi_ok; }
napi_status napi_close_handle_scope(napi_env, napi_handle_scope) { return napi_ok; }
napi_status napi_open_escapable_handle_scope(napi_env, napi_escapable_handle_scope*) { return napi_ok; }
napi_status napi_close_escapable_handle_scope(napi_env, napi_escapable_handle_scope) { return napi_ok; }
napi_status napi_escape_handle(napi_env, napi_escapable_handle_scope, napi_value value, napi_value* result) {
  return Give(result, In(value));
}

napi_status napi_throw(napi_env env, napi_value error) {
  Of(env).exception = In(error);
  return napi_ok;
}
napi_status napi_is_exception_pending(napi_env env, bool* result) {
  *result = Of(env).exception != nullptr;
  return napi_ok;
}
napi_status napi_get_and_clear_last_exception(napi_env env, napi_value* result) {
  Value* error = Of(env).exception;
  Of(env).exception = nullptr;
  return Give(result, error);
}
napi_status napi_get_last_error_info(node_api_basic_env, const napi_extended_error_info** result) {
  static const napi_extended_error_info none{};
  *result = &none;
  return napi_ok;
}

napi_status napi_set_instance_data(node_api_basic_env env, void* data, napi_finalize, void*) {
  Of(env).instance = data;
  return napi_ok;
}
napi_status napi_get_instance_data(node_api_basic_env env, void** result) {
  *result = Of(env).instance;
  return napi_ok;
}
napi_status napi_add_env_cleanup_hook(node_api_basic_env env, void (*hook)(void*), void* data) {
  Of(env).cleanups.emplace_back(hook, data);
  return napi_ok;
}

napi_status napi_create_threadsafe_function(napi_env env, napi_value, napi_value, napi_value, size_t, size_t, void*,
                                            napi_finalize, void* context, napi_threadsafe_function_call_js call,
                                            napi_threadsafe_function* result) {
  *result = reinterpret_cast<napi_threadsafe_function>(new ThreadsafeFunction{&Of(env), context, call});
  return napi_ok;
}
napi_status napi_call_threadsafe_function(napi_threadsafe_function function, void* data,
                                          napi_threadsafe_function_call_mode) {
  const auto* made = reinterpret_cast<const ThreadsafeFunction*>(function);
  made->engine->Post(
      [made, data] { made->call(reinterpret_cast<napi_env>(made->engine), nullptr, made->context, data); });
  return napi_ok;
}
napi_status napi_ref_threadsafe_function(node_api_basic_env, napi_threadsafe_function) { return napi_ok; }
napi_status napi_unref_threadsafe_function(node_api_basic_env, napi_threadsafe_function) { return napi_ok; }
napi_status napi_release_threadsafe_function(napi_threadsafe_function, napi_threadsafe_function_release_mode) {
  return napi_ok;
}

napi_status napi_create_async_work(napi_env env, napi_value, napi_value, napi_async_execute_callback execute,
                                   napi_async_complete_callback complete, void* data, napi_async_work* result) {
  *result = reinterpret_cast<napi_async_work>(new Work{&Of(env), execute, complete, data});
  return napi_ok;
}
napi_status napi_queue_async_work(node_api_basic_env, napi_async_work work) {
  const auto* made = reinterpret_cast<const Work*>(work);
  std::thread([made] {
    const auto env = reinterpret_cast<napi_env>(made->engine);
    made->execute(env, made->data);
    made->engine->Post([made, env] { made->complete(env, napi_ok, made->data); });
  }).detach();
  return napi_ok;
}
napi_status napi_delete_async_work(napi_env, napi_async_work) { return napi_ok; }

// Nothing comes here.
void napi_fatal_error(const char*, size_t, const char* message, size_t) {
  std::fprintf(stderr, "fatal: %s\n", message);
  std::abort();
}
napi_status napi_fatal_exception(napi_env, napi_value) { std::abort(); }
napi_status napi_async_destroy(napi_env, napi_async_context) { std::abort(); }
napi_status napi_close_callback_scope(napi_env, napi_callback_scope) { std::abort(); }
napi_status napi_remove_wrap(napi_env, napi_value, void**) { std::abort(); }

}  // extern "C"
