#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>

#include "XrdOss/XrdOssWrapper.hh"
#include "buffer_ledger.h"
#include "tape_namespace.h"
#include "tape_rules.h"

namespace tape {

// The server's storage system with a tape behind it: a wrapper that changes only what tape changes.
class TapeStorage final : public XrdOssWrapper {
 public:
  TapeStorage(XrdOss& wrapped, TapeRules rules, std::unique_ptr<BufferLedger> ledger);

  XrdOssDF* newFile(const char* client) override;
  int Create(const char* client, const char* path, mode_t mode, XrdOucEnv& env, int options = 0) override;
  int Mkdir(const char* path, mode_t mode, int makePath = 0, XrdOucEnv* env = nullptr) override;
  int Remdir(const char* path, int options = 0, XrdOucEnv* env = nullptr) override;
  int Rename(const char* from, const char* to, XrdOucEnv* fromEnv = nullptr, XrdOucEnv* toEnv = nullptr) override;
  int Stat(const char* path, struct stat* info, int options = 0, XrdOucEnv* env = nullptr) override;
  int Truncate(const char* path, unsigned long long size, XrdOucEnv* env = nullptr) override;
  int Unlink(const char* path, int options = 0, XrdOucEnv* env = nullptr) override;

  // Null when the buffer has no limit.
  BufferLedger* ledger() const { return ledger_.get(); }

  // Decides about an open before it is made: -ENODEV (kXR_FSError) for the bytes of a stub, -ENOSPC for a file that
  // announces more than fits, -EEXIST for one that is there in a write-once directory. `held` is what the buffer
  // holds of the file now. Truncating a stub drops its copy on tape first, as EOS does.
  int admit(const char* path, int flags, XrdOucEnv& env, std::int64_t& held);

  // A new file is closed. -EIO (kXR_IOError) when it may not stay: then it is gone, as EOS's when the commit fails.
  int commit(const std::string& path, std::int64_t size);

 private:
  bool isThere(const char* path);
  bool isStub(const char* path) const;
  // 0 when there is no such file; a stub holds nothing of the buffer.
  std::int64_t heldBytes(const char* path);

  TapeRules rules_;
  TapeNamespace tape_;
  std::unique_ptr<BufferLedger> ledger_;
  std::mutex mutex_;
  // xrootd makes a new file first, and then opens it as if it had been there.
  std::unordered_set<std::string> made_;
};

}  // namespace tape
