// What the copies of a small file in both directions have in common: one chain of asynchronous requests to the server's
// file, a buffer with the whole of it, and one end (small_copy.h tells on which threads).
#pragma once

#include <XrdCl/XrdClFile.hh>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "js/cancellable.h"
#include "js/completion.h"
#include "posix/descriptor.h"
#include "posix/running_sums.h"
#include "xrdcl/answer.h"

class SmallFileCopy : public Cancellable, public std::enable_shared_from_this<SmallFileCopy> {
 public:
  struct Options {
    std::string source;
    std::string target;
    bool make_directories;
    std::vector<std::string> checksum_types;
    bool sync;
    std::uint64_t most;  // bytes of a file
    bool owner_only;     // nobody else may read a local target
  };

  // `sum_name` is how the results call the checksum of the local end.
  SmallFileCopy(Completion completion, Options options, const char* sum_name);

  // On a thread of ours.
  void Run();

 protected:
  virtual void Begin() = 0;
  // The server's file is open: what follows ends with Close().
  virtual void Opened() = 0;
  // After StatOpened(): what follows ends with Close().
  virtual void Known() = 0;
  // Nothing went wrong up to here: what follows ends with End().
  virtual void Closed() = 0;

  virtual void Ending() {}
  // Into the results, what is known of the target; JavaScript thread.
  virtual void Tell(Napi::Env env, Napi::Object results) const = 0;

  // As libXrdCl tells it: a file that can't be opened in XRootD's numbers, a disk that fails in POSIX's.
  static XrdCl::XRootDStatus CannotOpen(int error);
  static XrdCl::XRootDStatus DiskFailed(int error);
  static XrdCl::XRootDStatus Incomplete(std::size_t got, std::size_t expected);
  XrdCl::XRootDStatus TooLarge();

  // Fills the buffer, and sums it up.
  XrdCl::XRootDStatus ReadWhole(const Descriptor& file);

  void Open(const std::string& url, XrdCl::OpenFlags::Flags flags, XrdCl::Access::Mode mode);
  // What the server said of the file in its answer to open, if it did, else it is asked; then Known().
  void StatOpened(const std::function<void(const XrdCl::XRootDStatus& status, const XrdCl::StatInfo* info)>& keep);
  // As libXrdCl's own copies decide it: whether the bytes travel with a checksum for every page of them.
  bool UsesPages() const;
  // Closes the file, and ends with the first thing that went wrong.
  void Close(const XrdCl::XRootDStatus& failure);
  // The next request, and what comes after it.
  void Send(const Answer::Send& request, const Answer::Function& then);
  void End(const XrdCl::XRootDStatus& status);

  const Options options_;
  std::unique_ptr<XrdCl::File> file_;
  std::vector<char> buffer_;
  std::optional<RunningSums> sums_;
  std::uint64_t size_ = 0;

 private:
  const Completion completion_;
  const char* const sum_name_;
  bool too_large_ = false;  // for this way
  std::atomic<bool> known_{false};
};
