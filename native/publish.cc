#include "publish.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "arguments.h"
#include "descriptor.h"
#include "environment_data.h"
#include "local_work.h"

namespace {

struct Order {
  std::string from;
  std::string to;
  std::optional<double> mtime;  // milliseconds since the epoch
  bool sync;
  bool overwrite;
};

struct Result {
  int error;
  const char* call;
};

Result Failed(const char* call) { return {errno, call}; }

timespec TimeOf(double milliseconds) {
  const double seconds = std::floor(milliseconds / 1000);
  return {static_cast<time_t>(seconds), static_cast<long>((milliseconds - seconds * 1000) * 1e6)};
}

int RenameNew(const char* from, const char* to) {
#if defined(__APPLE__)
  return renamex_np(from, to, RENAME_EXCL);
#elif defined(RENAME_NOREPLACE)
  return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
#else
  static_cast<void>(from);
  static_cast<void>(to);
  errno = ENOSYS;
  return -1;
#endif
}

Result Carry(const Order& order) {
  if (order.mtime || order.sync) {
    Descriptor file(open(order.from.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (file.Number() < 0) return Failed("open");
    if (order.mtime) {
      const timespec time = TimeOf(*order.mtime);
      const std::array<timespec, 2> times{time, time};
      if (futimens(file.Number(), times.data()) != 0) return Failed("futimens");
    }
    if (order.sync && fsync(file.Number()) != 0) return Failed("fsync");
    if (file.Close() != 0) return Failed("close");
  }
  const char* from = order.from.c_str();
  const char* to = order.to.c_str();
  if ((order.overwrite ? std::rename(from, to) : RenameNew(from, to)) != 0) return Failed("rename");
  return {0, ""};
}

}  // namespace

Napi::Value Publish(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Order order{StringArgument(info, 0), StringArgument(info, 1), std::nullopt, info[3].ToBoolean().Value(),
              info[4].ToBoolean().Value()};
  if (info[2].IsNumber()) order.mtime = info[2].As<Napi::Number>().DoubleValue();
  EnvironmentData& data = EnvironmentData::Of(env);
  const std::uint64_t id = data.Begin(env, FunctionArgument(info, 5));
  LocalWork().Run([queue = data.Queue(), id, order = std::move(order)] {
    const Result result = Carry(order);
    queue->Post([id, result](Napi::Env env) {
      EnvironmentData::Of(env).Finish(env, id,
                                      {Napi::Number::New(env, result.error), Napi::String::New(env, result.call)});
    });
  });
  return env.Undefined();
}
