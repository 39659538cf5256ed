// The target of an upload by libXrdCl's own copies, which tell nothing of the file that they make and never ask the
// server to sync it. libXrdCl's plug-in interface lets a file of ours stand between such a copy and an XrdCl::File.
//
// It is chosen by a protocol of its own in the target's URL: no other file, no download, no FileSystem and no
// third-party copy comes near it. It passes everything through except three calls: Open gives the server's URL back,
// Stat looks at the answer, and Close syncs first if that is asked for.
//
// Lifetime: XrdCl owns the plug-in, and may destroy it while its close is unanswered. The XrdCl::File and the
// MadeFile are shared with whoever waits for an answer.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "xrdcl/made_file.h"

class UploadTarget {
 public:
  // Nothing when the URL is served by a plug-in of somebody else's (client.plugins.d, XRD_PLUGIN), or by none of
  // XRootD's protocols.
  static std::optional<UploadTarget> Of(const std::string& url, bool sync, std::shared_ptr<MadeFile> made);
  UploadTarget(const UploadTarget&) = delete;
  UploadTarget& operator=(const UploadTarget&) = delete;
  UploadTarget(UploadTarget&& other) noexcept;
  UploadTarget& operator=(UploadTarget&&) = delete;
  ~UploadTarget();

  // For the copy, as long as this object lives.
  const std::string& Url() const { return url_; }

 private:
  UploadTarget(std::string url, std::string key);

  std::string url_;
  std::string key_;
};
