#include "posix/local_file.h"

#include <sys/stat.h>

namespace {

std::string TextOf(const struct stat& stats) {
  return std::to_string(stats.st_dev) + ":" + std::to_string(stats.st_ino);
}

}  // namespace

LocalFile LocalFile::Open(int descriptor) {
  LocalFile file;
  struct stat stats {};
  if (fstat(descriptor, &stats) == 0) file.text_ = TextOf(stats);
  return file;
}

LocalFile LocalFile::At(const std::string& path) {
  LocalFile file;
  struct stat stats {};
  if (lstat(path.c_str(), &stats) == 0) file.text_ = TextOf(stats);
  return file;
}

void LocalFile::Tell(Napi::Env env, Napi::Object results) const {
  results["opened"] = Napi::Boolean::New(env, Known());
  if (Known()) results["localFile"] = text_;
}
