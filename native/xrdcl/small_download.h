// A file of one request from a server to this machine.
#pragma once

#include <cstdint>
#include <memory>

#include "posix/local_file.h"
#include "xrdcl/small_file_copy.h"

class SmallDownload final : public SmallFileCopy {
 public:
  SmallDownload(Completion completion, Options options);

 private:
  void Begin() override;
  void Opened() override;
  void Known() override;
  void Closed() override;
  void Tell(Napi::Env env, Napi::Object results) const override;

  void Read();
  template <typename Info>
  void Came(const XrdCl::XRootDStatus& status, const Answer::Response& response);
  XrdCl::XRootDStatus Store();
  int Create() const;

  XrdCl::XRootDStatus stat_status_;
  LocalFile made_;
};
