#include "tape_file.h"

#include <fcntl.h>

#include <cerrno>
#include <utility>

#include "XrdOuc/XrdOucEnv.hh"
#include "XrdOuc/XrdOucIOVec.hh"
#include "XrdSfs/XrdSfsAio.hh"
#include "tape_storage.h"

namespace tape {

TapeFile::TapeFile(XrdOssDF* wrapped, TapeStorage& storage)
    : XrdOssWrapDF(*wrapped), file_(wrapped), storage_(storage) {}

int TapeFile::Open(const char* path, int flags, mode_t mode, XrdOucEnv& env) {
  bool writes = (flags & O_ACCMODE) != O_RDONLY;
  std::int64_t before = 0;
  int refused = storage_.admit(path, flags, env, before);
  if (refused) return refused;
  int result = wrapDF.Open(path, flags, mode, env);
  if (result == 0 && writes && sizeOnDisk() == 0) made_ = path;
  if (result == 0 && writes && storage_.ledger()) {
    reserved_ = sizeOnDisk();
    storage_.ledger()->charge(reserved_ - before);
    counted_ = true;
  }
  return result;
}

int TapeFile::Close(long long* size) {
  if (counted_) {
    counted_ = false;
    storage_.ledger()->charge(sizeOnDisk() - reserved_);
  }
  std::int64_t now = made_.empty() ? 0 : sizeOnDisk();
  int result = wrapDF.Close(size);
  if (result != 0 || made_.empty()) return result;
  return storage_.commit(std::exchange(made_, {}), now);
}

std::int64_t TapeFile::sizeOnDisk() {
  struct stat info;
  return wrapDF.Fstat(&info) == 0 ? static_cast<std::int64_t>(info.st_size) : reserved_;
}

bool TapeFile::grow(std::int64_t end) {
  if (!counted_) return true;
  std::lock_guard<std::mutex> lock(mutex_);
  if (end <= reserved_) return true;
  if (!storage_.ledger()->reserve(end - reserved_)) return false;
  reserved_ = end;
  return true;
}

int TapeFile::Ftruncate(unsigned long long length) {
  if (!grow(static_cast<std::int64_t>(length))) return -ENOSPC;
  return wrapDF.Ftruncate(length);
}

ssize_t TapeFile::Write(const void* buffer, off_t offset, size_t size) {
  return grow(offset + static_cast<off_t>(size)) ? wrapDF.Write(buffer, offset, size) : -ENOSPC;
}

int TapeFile::Write(XrdSfsAio* request) {
  const struct aiocb& io = request->sfsAio;
  return grow(io.aio_offset + static_cast<off_t>(io.aio_nbytes)) ? wrapDF.Write(request) : -ENOSPC;
}

ssize_t TapeFile::WriteV(XrdOucIOVec* parts, int count) {
  for (int i = 0; i < count; i++) {
    if (!grow(parts[i].offset + parts[i].size)) return -ENOSPC;
  }
  return wrapDF.WriteV(parts, count);
}

ssize_t TapeFile::pgWrite(void* buffer, off_t offset, size_t size, uint32_t* sums, uint64_t options) {
  if (!grow(offset + static_cast<off_t>(size))) return -ENOSPC;
  return wrapDF.pgWrite(buffer, offset, size, sums, options);
}

int TapeFile::pgWrite(XrdSfsAio* request, uint64_t options) {
  const struct aiocb& io = request->sfsAio;
  return grow(io.aio_offset + static_cast<off_t>(io.aio_nbytes)) ? wrapDF.pgWrite(request, options) : -ENOSPC;
}

}  // namespace tape
