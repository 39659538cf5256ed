// Which file a copy has made on this machine, so that it can be told from another at the same path afterwards.
#pragma once

#include <string>

#include "js/napi.h"

class LocalFile {
 public:
  LocalFile() = default;
  static LocalFile Open(int descriptor);
  static LocalFile At(const std::string& path);

  bool Known() const { return !text_.empty(); }
  // By the text that was told.
  bool Is(const std::string& text) const { return text_ == text; }
  // Into the results of a copy: `opened`, and `localFile`, if it is known.
  void Tell(Napi::Env env, Napi::Object results) const;

 private:
  std::string text_;  // device:inode
};
