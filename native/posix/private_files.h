// While it lives, what this thread creates can be read by its owner only.
#pragma once

#include <sys/types.h>

class PrivateFiles {
 public:
  explicit PrivateFiles(bool wanted);
  PrivateFiles(const PrivateFiles&) = delete;
  PrivateFiles& operator=(const PrivateFiles&) = delete;
  ~PrivateFiles();

 private:
  bool changed_ = false;
  mode_t before_ = 0;
};
