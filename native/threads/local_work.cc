#include "threads/local_work.h"

BoundedThreads& LocalWork() {
  static auto* threads = new BoundedThreads(16);
  return *threads;
}
