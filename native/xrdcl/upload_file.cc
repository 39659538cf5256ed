#include "xrdcl/upload_file.h"

#include <XrdCl/XrdClDefaultEnv.hh>
#include <XrdCl/XrdClFile.hh>
#include <XrdCl/XrdClPlugInInterface.hh>
#include <XrdCl/XrdClURL.hh>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "xrdcl/answer.h"

// XrdClPlugInManager.hh needs a header that isn't installed with it (XrdOucPinLoader.hh, 5.5.3 to 6.1); of the class
// nothing but these methods is needed here.
namespace XrdCl {
class PlugInManager {
 public:
  bool RegisterFactory(const std::string& url, PlugInFactory* factory);
  bool RegisterDefaultFactory(PlugInFactory* factory);
  PlugInFactory* GetFactory(std::string url);
};
}  // namespace XrdCl

namespace {

using XrdCl::ResponseHandler;
using XrdCl::XRootDStatus;

constexpr const char* kProtocol = "xrootd-archive-upload";
constexpr const char* kKey = "xrdcl.upload";

// uint16_t before XRootD 6.0, time_t since.
template <typename Method>
struct TimeoutOf;
template <typename Argument>
struct TimeoutOf<XRootDStatus (XrdCl::FilePlugIn::*)(ResponseHandler*, Argument)> {
  using Type = Argument;
};
using Timeout = TimeoutOf<decltype(&XrdCl::FilePlugIn::Close)>::Type;

struct Upload {
  std::string protocol;  // of the server's URL
  bool sync;
  std::shared_ptr<MadeFile> made;
};

std::mutex uploads_mutex;
std::map<std::string, Upload>& Uploads() {
  // Never destroyed: threads may still end their work while static destructors run.
  static auto* uploads = new std::map<std::string, Upload>();
  return *uploads;
}

// Hands an answer on, once it was looked at. `look` gets null where there is no response.
template <typename Look>
class Looking final : public ResponseHandler {
 public:
  Looking(ResponseHandler* handler, Look look) : handler_(handler), look_(std::move(look)) {}

  void HandleResponseWithHosts(XRootDStatus* status, XrdCl::AnyObject* response, XrdCl::HostList* hosts) override {
    const std::unique_ptr<Looking> self(this);
    if (status->IsOK()) look_(response);
    handler_->HandleResponseWithHosts(status, response, hosts);
  }

  void HandleResponse(XRootDStatus* status, XrdCl::AnyObject* response) override {
    HandleResponseWithHosts(status, response, nullptr);
  }

 private:
  ResponseHandler* const handler_;
  const Look look_;
};

template <typename Send, typename Look>
XRootDStatus LookingAt(ResponseHandler* handler, const Send& send, Look look) {
  return Answer::Entrust(std::make_unique<Looking<Look>>(handler, std::move(look)), send);
}

// What an upload doesn't call is left to libXrdCl's answer that it isn't implemented: reading, for one.
class UploadFile final : public XrdCl::FilePlugIn {
 public:
  explicit UploadFile(Upload upload)
      : upload_(std::move(upload)),
        file_(std::make_shared<XrdCl::File>(XrdCl::File::DisableVirtRedirect, kWithoutPlugIns)) {
    // Not as the environment says: after a reconnect the file at the path may be another one.
    file_->SetProperty("WriteRecovery", "false");
  }

  XRootDStatus Open(const std::string& url, XrdCl::OpenFlags::Flags flags, XrdCl::Access::Mode mode,
                    ResponseHandler* handler, Timeout timeout) override {
    if (!upload_.made->Ask()) return {XrdCl::stError, XrdCl::errInvalidOp, 0, "an upload is tried once"};
    XrdCl::URL server(url);
    server.SetProtocol(upload_.protocol);
    XrdCl::URL::ParamsMap parameters = server.GetParams();
    parameters.erase(kKey);
    server.SetParams(parameters);
    return LookingAt(
        handler, [&](ResponseHandler* looking) { return file_->Open(server.GetURL(), flags, mode, looking, timeout); },
        [made = upload_.made](XrdCl::AnyObject*) { made->Opened(); });
  }

  // A copy asks for it as soon as the file is open.
  XRootDStatus Stat(bool force, ResponseHandler* handler, Timeout timeout) override {
    return LookingAt(
        handler, [&](ResponseHandler* looking) { return file_->Stat(force, looking, timeout); },
        [made = upload_.made](XrdCl::AnyObject* response) {
          XrdCl::StatInfo* info = nullptr;
          if (response != nullptr) response->Get(info);
          if (info != nullptr) made->Is(*info);
        });
  }

  XRootDStatus Write(std::uint64_t offset, std::uint32_t size, const void* buffer, ResponseHandler* handler,
                     Timeout timeout) override {
    upload_.made->Wrote(offset + size);
    return file_->Write(offset, size, buffer, handler, timeout);
  }

  XRootDStatus PgWrite(std::uint64_t offset, std::uint32_t size, const void* buffer,
                       std::vector<std::uint32_t>& checksums, ResponseHandler* handler, Timeout timeout) override {
    // libXrdCl can't see through a plug-in that the connection is encrypted, where it writes without checksums.
    if (file_->IsSecure()) return Write(offset, size, buffer, handler, timeout);
    upload_.made->Wrote(offset + size);
    return file_->PgWrite(offset, size, buffer, checksums, handler, timeout);
  }

  XRootDStatus Close(ResponseHandler* handler, Timeout timeout) override {
    // Without a handler it is the destructor of a copy that failed.
    if (!upload_.sync || handler == nullptr || !file_->IsOpen()) return file_->Close(handler, timeout);
    Answer::To(
        [&](ResponseHandler* answer) { return file_->Sync(answer, timeout); },
        [file = file_, made = upload_.made, handler, timeout](const XRootDStatus& status, const Answer::Response&) {
          const XRootDStatus failure = made->Synced(status);
          Answer::To([&](ResponseHandler* answer) { return file->Close(answer, timeout); },
                     [failure, handler](const XRootDStatus& closed, const Answer::Response&) {
                       // The handler owns its status, which the analyzer can't see.
                       handler->HandleResponse(new XRootDStatus(failure.IsOK() ? closed : failure), nullptr);
                     });  // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks)
        });
    return {};
  }

  bool IsOpen() const override { return file_->IsOpen(); }

  bool SetProperty(const std::string& name, const std::string& value) override {
    return name != "WriteRecovery" && file_->SetProperty(name, value);
  }

  bool GetProperty(const std::string& name, std::string& value) const override {
    // With it a copy would be made again at another server by libXrdCl, and what it had made at this one be forgotten.
    return name != "WrtRecoveryRedir" && file_->GetProperty(name, value);
  }

 private:
  static constexpr bool kWithoutPlugIns = false;

  const Upload upload_;
  const std::shared_ptr<XrdCl::File> file_;
};

class Factory final : public XrdCl::PlugInFactory {
 public:
  XrdCl::FilePlugIn* CreateFile(const std::string& url) override {
    const XrdCl::URL target(url);
    const auto key = target.GetParams().find(kKey);
    const std::lock_guard<std::mutex> lock(uploads_mutex);
    const auto found = key == target.GetParams().end() ? Uploads().end() : Uploads().find(key->second);
    return found == Uploads().end() ? nullptr : new UploadFile(found->second);
  }

  XrdCl::FileSystemPlugIn* CreateFileSystem(const std::string&) override { return nullptr; }
};

bool Registered() {
  static const bool registered = [] {
    XrdCl::PlugInManager* manager = XrdCl::DefaultEnv::GetPlugInManager();
    const std::string every_host = std::string(kProtocol) + "://*";
    auto* factory = new Factory();
    if (!manager->RegisterFactory(every_host, factory)) {
      delete factory;
      return false;
    }
    // A default plug-in goes before one of a protocol. XRootD's packages install a file that makes one out of nothing
    // (client.plugins.d/recorder.conf: url = *, enable = false); without it libXrdCl does the same, and finds ours.
    if (manager->GetFactory(every_host) == nullptr) manager->RegisterDefaultFactory(nullptr);
    return manager->GetFactory(every_host) == factory;
  }();
  return registered;
}

bool IsServed(const std::string& protocol) {
  return protocol == "root" || protocol == "roots" || protocol == "xroot" || protocol == "xroots";
}

}  // namespace

std::optional<UploadTarget> UploadTarget::Of(const std::string& url, bool sync, std::shared_ptr<MadeFile> made) {
  XrdCl::URL target(url);
  if (!target.IsValid() || !IsServed(target.GetProtocol()) || !Registered()) return std::nullopt;
  if (XrdCl::DefaultEnv::GetPlugInManager()->GetFactory(url) != nullptr) return std::nullopt;
  static std::atomic<std::uint64_t> next{1};
  const std::string key = std::to_string(next++);
  const std::string protocol = target.GetProtocol();
  target.SetProtocol(kProtocol);
  XrdCl::URL::ParamsMap parameters = target.GetParams();
  parameters[kKey] = key;
  target.SetParams(parameters);
  {
    const std::lock_guard<std::mutex> lock(uploads_mutex);
    Uploads()[key] = Upload{protocol, sync, std::move(made)};
  }
  return UploadTarget(target.GetURL(), key);
}

UploadTarget::UploadTarget(std::string url, std::string key) : url_(std::move(url)), key_(std::move(key)) {}

UploadTarget::UploadTarget(UploadTarget&& other) noexcept
    : url_(std::move(other.url_)), key_(std::exchange(other.key_, std::string())) {}

UploadTarget::~UploadTarget() {
  const std::lock_guard<std::mutex> lock(uploads_mutex);
  Uploads().erase(key_);
}
