// A file of one request from this machine to a server.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "xrdcl/made_file.h"
#include "xrdcl/small_file_copy.h"

class SmallUpload final : public SmallFileCopy {
 public:
  SmallUpload(Completion completion, Options options);

 private:
  void Begin() override;
  void Opened() override;
  void Known() override;
  void Closed() override;
  void Ending() override;
  void Tell(Napi::Env env, Napi::Object results) const override;

  XrdCl::XRootDStatus Load();
  void Written(const XrdCl::XRootDStatus& status);
  // Through the handle that wrote: what a server that doesn't allow it refuses is no failure of the copy.
  void ReadBack(const XrdCl::XRootDStatus& status);

  MadeFile made_file_{true};
  std::optional<bool> identical_;  // what was read back with what was sent
};
