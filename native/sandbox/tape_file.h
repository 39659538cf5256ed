#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "XrdOss/XrdOssWrapper.hh"
#include "buffer_ledger.h"

namespace tape {

class TapeStorage;

// An open file of the server. What it adds to the disk buffer is reserved before it is written.
class TapeFile final : public XrdOssWrapDF {
 public:
  TapeFile(XrdOssDF* wrapped, TapeStorage& storage);

  int Open(const char* path, int flags, mode_t mode, XrdOucEnv& env) override;
  int Close(long long* size = nullptr) override;
  int Ftruncate(unsigned long long length) override;
  ssize_t Write(const void* buffer, off_t offset, size_t size) override;
  int Write(XrdSfsAio* request) override;
  ssize_t WriteV(XrdOucIOVec* parts, int count) override;
  ssize_t pgWrite(void* buffer, off_t offset, size_t size, uint32_t* sums, uint64_t options) override;
  int pgWrite(XrdSfsAio* request, uint64_t options) override;

 private:
  bool grow(std::int64_t end);
  std::int64_t sizeOnDisk();

  std::unique_ptr<XrdOssDF> file_;
  TapeStorage& storage_;
  // A new file's path; empty for one that had bytes when it was opened, and for one that is only read.
  std::string made_;
  std::mutex mutex_;
  std::int64_t reserved_ = 0;  // the file's size as far as the ledger knows
  bool counted_ = false;
};

}  // namespace tape
