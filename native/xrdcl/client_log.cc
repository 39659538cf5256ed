#include "xrdcl/client_log.h"

#include <XrdCl/XrdClDefaultEnv.hh>
#include <XrdCl/XrdClLog.hh>
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "js/arguments.h"
#include "js/completion.h"
#include "js/environment_data.h"

namespace {

constexpr std::uint32_t kMostWaiting = 4096;
constexpr std::size_t kMostSecrets = 1000;
constexpr std::size_t kMostShown = 256;

struct Subscriber {
  explicit Subscriber(Completion its_completion) : completion(std::move(its_completion)) {}

  const Completion completion;
  std::atomic<std::uint32_t> waiting{0};
  std::atomic<std::uint32_t> dropped{0};
};

struct Secret {
  std::string text;
  std::string shown;
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
    const std::string shown = WithoutSecrets(message);
    for (const auto& subscriber : subscribers_) Send(subscriber, shown);
    if (subscribers_.empty()) unsubscribed_->Write(shown);
  }

  void Hide(std::vector<Secret> secrets) {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (Secret& secret : secrets) {
      if (!secret.text.empty()) secrets_.push_back(std::move(secret));
    }
    if (secrets_.size() > kMostSecrets) secrets_.erase(secrets_.begin(), secrets_.end() - kMostSecrets);
  }

  void Add(std::shared_ptr<Subscriber> subscriber) {
    const std::lock_guard<std::mutex> lock(mutex_);
    subscribers_.push_back(std::move(subscriber));
  }

  void Remove(const std::shared_ptr<Subscriber>& subscriber) {
    const std::lock_guard<std::mutex> lock(mutex_);
    subscribers_.erase(std::remove(subscribers_.begin(), subscribers_.end(), subscriber), subscribers_.end());
  }

 private:
  // Longer ones first: one may be a part of another. What is shown is looked at no more.
  std::string WithoutSecrets(const std::string& message) const {
    std::vector<const Secret*> found;
    for (const Secret& secret : secrets_) {
      if (message.find(secret.text) != std::string::npos) found.push_back(&secret);
    }
    if (found.empty()) return message;
    std::stable_sort(found.begin(), found.end(), [](auto* a, auto* b) { return a->text.size() > b->text.size(); });
    std::string shown;
    std::size_t hidden_to = 0;
    for (std::size_t at = 0; at < message.size(); ++at) {
      const auto here = std::find_if(found.begin(), found.end(), [&](auto* secret) {
        return message.compare(at, secret->text.size(), secret->text) == 0;
      });
      if (here == found.end()) {
        if (at >= hidden_to) shown += message[at];
        continue;
      }
      // One that begins within another is hidden with it.
      if (at >= hidden_to) shown += (*here)->shown;
      hidden_to = std::max(hidden_to, at + (*here)->text.size());
    }
    return shown;
  }

  static void Send(const std::shared_ptr<Subscriber>& subscriber, const std::string& message) {
    if (subscriber->waiting.load() >= kMostWaiting) {
      ++subscriber->dropped;
      return;
    }
    ++subscriber->waiting;
    subscriber->completion.Notify([subscriber, message](Napi::Env env) -> Completion::Arguments {
      --subscriber->waiting;
      return {Napi::String::New(env, message), Napi::Number::New(env, subscriber->dropped.exchange(0))};
    });
  }

  std::mutex mutex_;
  std::vector<std::shared_ptr<Subscriber>> subscribers_;
  std::vector<Secret> secrets_;
  std::unique_ptr<XrdCl::LogOut> unsubscribed_;
};

// Owned by XrdCl::Log from its installation on.
std::atomic<LogSink*> sink{nullptr};

// Lives as long as its callback: until JavaScript unsubscribes, or its environment ends.
struct Subscription {
  Subscription() = default;
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;
  ~Subscription() { sink.load()->Remove(subscriber); }

  std::shared_ptr<Subscriber> subscriber;
};

}  // namespace

void InstallLogSink() {
  sink = new LogSink();
  XrdCl::DefaultEnv::GetLog()->SetOutput(sink);
}

Napi::Value SubscribeToLog(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  auto subscription = std::make_shared<Subscription>();
  const Completion completion = Completion::Begin(env, FunctionArgument(info, 0), subscription, false);
  subscription->subscriber = std::make_shared<Subscriber>(completion);
  sink.load()->Add(subscription->subscriber);
  return completion.Number(env);
}

void UnsubscribeFromLog(const Napi::CallbackInfo& info) {
  EnvironmentData::Of(info.Env()).Drop(info.Env(), LongArgument(info, 0));
}

void HideInLog(const Napi::CallbackInfo& info) {
  const std::vector<std::string> texts = StringsArgument(info, 0);
  std::vector<std::string> shown = StringsArgument(info, 1);
  shown.resize(texts.size());
  std::vector<Secret> secrets;
  for (std::size_t i = 0; i < texts.size(); ++i) secrets.push_back({texts[i], shown[i].substr(0, kMostShown)});
  sink.load()->Hide(std::move(secrets));
}

void SetLogLevel(const Napi::CallbackInfo& info) {
  XrdCl::DefaultEnv::GetLog()->SetLevel(
      static_cast<XrdCl::Log::LogLevel>(NumberArgument(info, 0, XrdCl::Log::DumpMsg)));
}
