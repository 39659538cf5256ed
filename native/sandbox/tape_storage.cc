#include "tape_storage.h"

#include <fcntl.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <utility>

#include "XrdOuc/XrdOucEnv.hh"
#include "XrdSfs/XrdSfsFlags.hh"
#include "tape_file.h"

namespace tape {

namespace {

// The errno that clients see as kXR_FSError (3005), EOS's answer to a read of an offline file.
constexpr int kOffline = ENODEV;
// kXR_SigVerErr (3022), EOS's answer to characters that it doesn't allow.
constexpr int kIllegalName = EILSEQ;

}  // namespace

TapeStorage::TapeStorage(XrdOss& wrapped, TapeRules rules, std::unique_ptr<BufferLedger> ledger)
    : XrdOssWrapper(wrapped), rules_(std::move(rules)), tape_(rules_.root), ledger_(std::move(ledger)) {}

XrdOssDF* TapeStorage::newFile(const char* client) {
  XrdOssDF* file = wrapPI.newFile(client);
  return file ? new TapeFile(file, *this) : nullptr;
}

bool TapeStorage::isThere(const char* path) {
  struct stat info;
  return wrapPI.Stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

bool TapeStorage::isStub(const char* path) const { return tape_.holdsOnlyCopy(path); }

std::int64_t TapeStorage::heldBytes(const char* path) {
  if (!ledger_) return 0;
  struct stat info;
  if (wrapPI.Stat(path, &info) != 0 || !S_ISREG(info.st_mode) || isStub(path)) return 0;
  return info.st_size;
}

int TapeStorage::admit(const char* path, int flags, XrdOucEnv& env, std::int64_t& held) {
  bool writes = (flags & O_ACCMODE) != O_RDONLY;
  if (rules_.refusesName(path)) return -kIllegalName;
  if (writes && rules_.isWriteOnce(path)) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (made_.erase(path) == 0 && isThere(path)) return -EEXIST;
  }
  if (isStub(path)) {
    if (!writes || !(flags & O_TRUNC)) return -kOffline;
    // A new file takes the stub's place where one may be created, so that a stage that is under way
    // can only write to the one that is gone.
    int result = (flags & O_CREAT) ? wrapPI.Unlink(path) : wrapPI.Truncate(path, 0, &env);
    if (result) return result;
    tape_.remove(path);
  }
  if (!ledger_ || !writes) return 0;
  held = heldBytes(path);
  const char* announced = env.Get("oss.asize");
  return announced && !ledger_->fits(std::atoll(announced) - held) ? -ENOSPC : 0;
}

int TapeStorage::commit(const std::string& path, std::int64_t size) {
  try {
    if (rules_.mayStay(path, size)) return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tape_plugin: %s\n", error.what());
  }
  wrapPI.Unlink(path.c_str());
  if (ledger_) ledger_->charge(-size);
  return -EIO;
}

int TapeStorage::Create(const char* client, const char* path, mode_t mode, XrdOucEnv& env, int options) {
  std::int64_t before = 0;
  if (rules_.refusesName(path)) return -kIllegalName;
  if (!(options & XRDOSS_new)) {
    int refused = admit(path, (options >> 8) | O_WRONLY, env, before);
    if (refused) return refused;
  } else if (ledger_ && env.Get("oss.asize") && !ledger_->fits(std::atoll(env.Get("oss.asize")))) {
    return -ENOSPC;
  }
  int result = wrapPI.Create(client, path, mode, env, options);
  if (ledger_ && result == 0) ledger_->charge(heldBytes(path) - before);
  if (result == 0 && rules_.isWriteOnce(path)) {
    std::lock_guard<std::mutex> lock(mutex_);
    made_.insert(path);
  }
  return result;
}

int TapeStorage::Mkdir(const char* path, mode_t mode, int makePath, XrdOucEnv* env) {
  return rules_.refusesName(path) ? -kIllegalName : wrapPI.Mkdir(path, mode, makePath, env);
}

int TapeStorage::Stat(const char* path, struct stat* info, int options, XrdOucEnv* env) {
  if (rules_.refusesName(path)) return -kIllegalName;
  int result = wrapPI.Stat(path, info, options, env);
  if (result != 0 || !S_ISREG(info->st_mode)) return result;
  TapeCopy copy = tape_.look(path, *info);
  info->st_rdev = (copy.complete && rules_.tellBackup ? XRDSFS_HASBKUP : 0) | (copy.only ? XRDSFS_OFFLINE : 0);
  return 0;
}

int TapeStorage::Truncate(const char* path, unsigned long long size, XrdOucEnv* env) {
  if (rules_.refusesName(path)) return -kIllegalName;
  if (rules_.isWriteOnce(path) && isThere(path)) return -EPERM;
  if (isStub(path)) return -kOffline;
  std::int64_t change = static_cast<std::int64_t>(size) - heldBytes(path);
  if (ledger_ && change > 0 && !ledger_->reserve(change)) return -ENOSPC;
  int result = wrapPI.Truncate(path, size, env);
  if (ledger_ && change > 0 && result != 0) ledger_->charge(-change);
  if (ledger_ && change < 0 && result == 0) ledger_->charge(change);
  return result;
}

int TapeStorage::Unlink(const char* path, int options, XrdOucEnv* env) {
  if (rules_.refusesName(path)) return -kIllegalName;
  struct stat info;
  // As EOS, which lets go of files without bytes.
  if (rules_.isWriteOnce(path) && wrapPI.Stat(path, &info) == 0 && info.st_size > 0) return -EPERM;
  std::int64_t held = heldBytes(path);
  int result = wrapPI.Unlink(path, options, env);
  if (result != 0) return result;
  if (ledger_) ledger_->charge(-held);
  tape_.remove(path);
  return 0;
}

int TapeStorage::Remdir(const char* path, int options, XrdOucEnv* env) {
  int result = wrapPI.Remdir(path, options, env);
  if (result == 0) tape_.removeDirectory(path);
  return result;
}

int TapeStorage::Rename(const char* from, const char* to, XrdOucEnv* fromEnv, XrdOucEnv* toEnv) {
  if (rules_.refusesName(to)) return -kIllegalName;
  if (rules_.isWriteOnce(to) && isThere(to)) return -EEXIST;
  std::int64_t replaced = heldBytes(to);
  int result = wrapPI.Rename(from, to, fromEnv, toEnv);
  if (result != 0) return result;
  if (ledger_) ledger_->charge(-replaced);
  tape_.rename(from, to);
  return 0;
}

}  // namespace tape
