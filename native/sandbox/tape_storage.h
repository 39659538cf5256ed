#pragma once

#include <cstdint>
#include <memory>

#include "XrdOss/XrdOssWrapper.hh"
#include "buffer_ledger.h"
#include "tape_namespace.h"

namespace tape {

// The server's storage system with a tape behind it: a wrapper that changes only what tape changes.
class TapeStorage final : public XrdOssWrapper {
 public:
  TapeStorage(XrdOss& wrapped, TapeNamespace tape, std::unique_ptr<BufferLedger> ledger);

  XrdOssDF* newFile(const char* client) override;
  int Create(const char* client, const char* path, mode_t mode, XrdOucEnv& env, int options = 0) override;
  int Remdir(const char* path, int options = 0, XrdOucEnv* env = nullptr) override;
  int Rename(const char* from, const char* to, XrdOucEnv* fromEnv = nullptr, XrdOucEnv* toEnv = nullptr) override;
  int Stat(const char* path, struct stat* info, int options = 0, XrdOucEnv* env = nullptr) override;
  int Truncate(const char* path, unsigned long long size, XrdOucEnv* env = nullptr) override;
  int Unlink(const char* path, int options = 0, XrdOucEnv* env = nullptr) override;

  // Null when the buffer has no limit.
  BufferLedger* ledger() const { return ledger_.get(); }

  // Decides about an open before it is made: -ENODEV (kXR_FSError) for the bytes of a stub, -ENOSPC for a file that
  // announces more than fits. `held` is what the buffer holds of the file now. Truncating a stub
  // drops its copy on tape first, as EOS does.
  int admit(const char* path, int flags, XrdOucEnv& env, std::int64_t& held);

 private:
  bool isStub(const char* path) const;
  // 0 when there is no such file; a stub holds nothing of the buffer.
  std::int64_t heldBytes(const char* path);

  TapeNamespace tape_;
  std::unique_ptr<BufferLedger> ledger_;
};

}  // namespace tape
