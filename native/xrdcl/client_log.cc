#include "xrdcl/client_log.h"

#include <XrdCl/XrdClDefaultEnv.hh>
#include <XrdCl/XrdClLog.hh>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "js/arguments.h"
#include "js/environment_data.h"

namespace {

constexpr std::uint32_t kMostWaiting = 4096;

struct Subscriber {
  std::weak_ptr<JsQueue> queue;
  std::uint64_t id = 0;
  std::atomic<std::uint32_t> waiting{0};
  std::atomic<std::uint32_t> dropped{0};
};

class LogSink final : public XrdCl::LogOut {
 public:
  LogSink() {
    const char* file = std::getenv("XRD_LOGFILE");
    auto to_file = std::make_unique<XrdCl::LogOutFile>();
    if (file != nullptr && to_file->Open(file)) {
      unsubscribed_ = std::move(to_file);
    } else {
      unsubscribed_ = std::make_unique<XrdCl::LogOutCerr>();
    }
  }

  void Write(const std::string& message) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    bool heard = false;
    for (const auto& subscriber : subscribers_) {
      if (const auto queue = subscriber->queue.lock()) {
        heard = true;
        Send(*queue, subscriber, message);
      }
    }
    if (!heard) unsubscribed_->Write(message);
  }

  void Add(std::shared_ptr<Subscriber> subscriber) {
    const std::lock_guard<std::mutex> lock(mutex_);
    subscribers_.push_back(std::move(subscriber));
  }

  void Remove(const JsQueue* queue, std::uint64_t id) {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (auto entry = subscribers_.begin(); entry != subscribers_.end();) {
      const auto its_queue = (*entry)->queue.lock();
      const bool gone = !its_queue || (its_queue.get() == queue && (*entry)->id == id);
      entry = gone ? subscribers_.erase(entry) : std::next(entry);
    }
  }

 private:
  static void Send(JsQueue& queue, const std::shared_ptr<Subscriber>& subscriber, const std::string& message) {
    if (subscriber->waiting.load() >= kMostWaiting) {
      ++subscriber->dropped;
      return;
    }
    ++subscriber->waiting;
    queue.Post([subscriber, message](Napi::Env env) {
      --subscriber->waiting;
      EnvironmentData::Of(env).Notify(
          subscriber->id, {Napi::String::New(env, message), Napi::Number::New(env, subscriber->dropped.exchange(0))});
    });
  }

  std::mutex mutex_;
  std::vector<std::shared_ptr<Subscriber>> subscribers_;
  std::unique_ptr<XrdCl::LogOut> unsubscribed_;
};

// Owned by XrdCl::Log from its installation on.
std::atomic<LogSink*> sink{nullptr};

}  // namespace

void InstallLogSink() {
  sink = new LogSink();
  XrdCl::DefaultEnv::GetLog()->SetOutput(sink);
}

Napi::Value SubscribeToLog(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  EnvironmentData& data = EnvironmentData::Of(env);
  auto subscriber = std::make_shared<Subscriber>();
  subscriber->queue = data.Queue();
  subscriber->id = data.Begin(env, FunctionArgument(info, 0), nullptr, false);
  const auto id = static_cast<double>(subscriber->id);
  sink.load()->Add(std::move(subscriber));
  return Napi::Number::New(env, id);
}

void UnsubscribeFromLog(const Napi::CallbackInfo& info) {
  EnvironmentData& data = EnvironmentData::Of(info.Env());
  const std::uint64_t id = LongArgument(info, 0);
  sink.load()->Remove(data.Queue().get(), id);
  data.Drop(info.Env(), id);
}

void SetLogLevel(const Napi::CallbackInfo& info) {
  XrdCl::DefaultEnv::GetLog()->SetLevel(static_cast<XrdCl::Log::LogLevel>(NumberArgument(info, 0)));
}
