#include "xrdcl/copy.h"

#include <XrdCl/XrdClCopyProcess.hh>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "js/arguments.h"
#include "js/cancellable.h"
#include "js/completion.h"
#include "js/operation.h"
#include "posix/local_file.h"
#include "posix/private_files.h"
#include "threads/bounded_threads.h"
#include "xrdcl/made_file.h"
#include "xrdcl/status.h"
#include "xrdcl/upload_file.h"

namespace {

using Clock = std::chrono::steady_clock;
using XrdCl::XRootDStatus;

// uint16_t before XRootD 6.0, uint32_t since; unversioned builds lie in XrdVNUMBER, so the signature is asked.
template <typename Method>
struct ArgumentOf;
template <typename Argument>
struct ArgumentOf<bool (XrdCl::CopyProgressHandler::*)(Argument)> {
  using Type = Argument;
};
using JobNumber = ArgumentOf<decltype(&XrdCl::CopyProgressHandler::ShouldCancel)>::Type;

enum Event { kStarted, kProgress, kEnded, kHeldUp };

BoundedThreads& Threads() {
  static auto* threads = new BoundedThreads(128);
  return *threads;
}

class CopyJob final : public Cancellable,
                      public XrdCl::CopyProgressHandler,
                      public std::enable_shared_from_this<CopyJob> {
 public:
  CopyJob(Completion completion, XrdCl::PropertyList properties, Clock::duration interval, bool held_up, bool sync)
      : Cancellable(completion.Owner(), held_up),
        completion_(std::move(completion)),
        properties_(std::move(properties)),
        interval_(interval),
        target_(properties_.Get<std::string>("target")),
        sync_(sync) {}

  void Run() {
    const XRootDStatus status = Cancelled() ? Interrupted("cancelled before it started") : Transfer();
    completion_.Finish([self = shared_from_this(), status](Napi::Env env) -> Completion::Arguments {
      return {Napi::Number::New(env, kEnded), StatusToJs(env, status), self->Results(env)};
    });
  }

  void BeginJob(JobNumber, JobNumber, const XrdCl::URL*, const XrdCl::URL*) override { Tell(kStarted); }

  void JobProgress(JobNumber, std::uint64_t bytes, std::uint64_t total) override {
    bytes_.store(bytes, std::memory_order_relaxed);
    total_.store(total, std::memory_order_relaxed);
    LookAtLocalTarget();
    const Clock::time_point now = Clock::now();
    if (now - told_ >= interval_ && !untold_.exchange(true)) {
      told_ = now;
      Tell(kProgress);
    }
    if (Allowed(bytes)) return;
    Tell(kHeldUp);
    WaitUntilAllowed(bytes);
  }

  bool ShouldCancel(JobNumber) override { return Cancelled(); }

 private:
  XRootDStatus Transfer() {
    const std::optional<UploadTarget> upload = Watch();
    XrdCl::PropertyList properties = properties_;
    if (upload) properties.Set("target", upload->Url());
    const PrivateFiles private_files(Property<bool>("ownerOnly"));
    XRootDStatus status = RunProcess(properties);
    if (upload) made_file_->Ended();
    if (status.IsOK()) LookAtLocalTarget();
    return status;
  }

  XRootDStatus RunProcess(const XrdCl::PropertyList& properties) {
    XrdCl::CopyProcess process;
    XRootDStatus status = process.AddJob(properties, &results_);
    if (status.IsOK()) status = process.Prepare();
    if (status.IsOK()) status = process.Run(this);
    return status;
  }

  // Lets a file of ours stand in for the target, where that can be done: a third-party copy isn't written by us, and
  // extended attributes don't pass through a plug-in.
  std::optional<UploadTarget> Watch() {
    const std::string third_party = Property<std::string>("thirdParty");
    if ((!third_party.empty() && third_party != "none") || Property<bool>("preserveXAttr")) return std::nullopt;
    auto made = std::make_shared<MadeFile>(!Property<bool>("continue"));
    std::optional<UploadTarget> upload = UploadTarget::Of(target_, sync_, made);
    if (upload) made_file_ = made;
    return upload;
  }

  // As soon as it is known to be open; the running thread's only.
  void LookAtLocalTarget() {
    if (!local_file_.Known() && target_.front() == '/') local_file_ = LocalFile::At(target_);
  }

  template <typename Value>
  Value Property(const std::string& name) const {
    Value value{};
    properties_.Get(name, value);
    return value;
  }

  void Tell(Event event) {
    completion_.Notify([self = shared_from_this(), event](Napi::Env env) -> Completion::Arguments {
      self->untold_.store(false);
      return {Napi::Number::New(env, event), Number(env, self->bytes_), Number(env, self->total_)};
    });
  }

  Napi::Object Results(Napi::Env env) const {
    auto results = Napi::Object::New(env);
    // How many bytes were queued: more than none means that the target was opened by this copy.
    results["bytes"] = Number(env, bytes_);
    std::uint64_t size = 0;
    if (results_.Get("size", size)) results["size"] = Napi::Number::New(env, static_cast<double>(size));
    for (const char* name : {"sourceCheckSum", "targetCheckSum", "realTarget"}) {
      std::string text;
      if (results_.Get(name, text)) results[name] = text;
    }
    std::vector<std::string> sources;
    if (results_.Get("sources", sources)) {
      auto list = Napi::Array::New(env);
      for (std::uint32_t i = 0; i < sources.size(); ++i) list[i] = sources[i];
      results["sources"] = list;
    }
    if (made_file_) made_file_->Tell(env, results);
    if (local_file_.Known()) local_file_.Tell(env, results);
    return results;
  }

  static Napi::Value Number(Napi::Env env, const std::atomic<std::uint64_t>& value) {
    return Napi::Number::New(env, static_cast<double>(value.load(std::memory_order_relaxed)));
  }

  const Completion completion_;
  const XrdCl::PropertyList properties_;
  XrdCl::PropertyList results_;
  const Clock::duration interval_;
  const std::string target_;
  const bool sync_;
  std::shared_ptr<MadeFile> made_file_;
  LocalFile local_file_;
  Clock::time_point told_;  // the running thread's only
  std::atomic<bool> untold_{false};
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<std::uint64_t> total_{0};
};

XrdCl::PropertyList Properties(const Napi::Object& object) {
  XrdCl::PropertyList properties;
  const Napi::Array names = object.GetPropertyNames();
  for (std::uint32_t i = 0; i < names.Length(); ++i) {
    const std::string name = names.Get(i).ToString().Utf8Value();
    const Napi::Value value = object.Get(name);
    // A PropertyList is text made by iostreams: a bool must be a C++ bool, a number must be wide.
    if (value.IsBoolean()) {
      properties.Set(name, value.As<Napi::Boolean>().Value());
    } else if (value.IsNumber()) {
      properties.Set(name, static_cast<long long>(value.As<Napi::Number>().Int64Value()));
    } else {
      properties.Set(name, value.ToString().Utf8Value());
    }
  }
  return properties;
}

}  // namespace

Napi::Value Copy(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsObject()) throw WrongArgument(info, 0, "an object");
  XrdCl::PropertyList properties = Properties(info[0].As<Napi::Object>());
  const std::chrono::milliseconds interval(NumberArgument(info, 1));
  const bool held_up = info[2].ToBoolean().Value();
  const bool sync = info[3].ToBoolean().Value();
  Completion completion = Completion::Begin(env, FunctionArgument(info, 4));
  auto job = std::make_shared<CopyJob>(std::move(completion), std::move(properties), interval, held_up, sync);
  Threads().Run([job] { job->Run(); });
  return Operation::New(env, job);
}

bool StopCopies(std::chrono::steady_clock::time_point deadline) { return Threads().Stop(deadline); }
