#include "posix/publish.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "js/arguments.h"
#include "js/completion.h"
#include "posix/descriptor.h"
#include "posix/local_file.h"
#include "posix/rename_new.h"
#include "posix/replace_seen.h"
#include "posix/sync_files.h"
#include "threads/local_work.h"

namespace {

struct Order {
  std::string from;
  std::string to;
  std::optional<double> mtime;  // milliseconds since the epoch
  std::optional<mode_t> mode;   // permission bits
  bool sync;
  bool overwrite;
  std::string version;  // of what may be replaced; empty: see `overwrite`
  std::string made;     // as LocalFile tells it: no other file gets the name; empty: whatever is there
};

// To the nearest microsecond: a double holds no more of today's milliseconds.
timespec TimeOf(double milliseconds) {
  double seconds = std::floor(milliseconds / 1000);
  double microseconds = std::round((milliseconds - seconds * 1000) * 1000);
  if (microseconds >= 1e6) {
    seconds += 1;
    microseconds = 0;
  }
  return {static_cast<time_t>(seconds), static_cast<long>(microseconds) * 1000};
}

// Of a file of ours: its file system keeps no such permissions.
bool KeepsNoModes(int error) { return error == EPERM || error == ENOTSUP || error == EOPNOTSUPP; }

// One order on its way: opened and timed, then on the disk, then named.
class Publication {
 public:
  Publication(Order order, Completion completion) : order_(std::move(order)), completion_(std::move(completion)) {}

  // Nothing here waits for the disk.
  void Begin() {
    if (!order_.mtime && !order_.mode && !order_.sync) return;
    file_.emplace(open(order_.from.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (file_->Number() < 0) return Fail("open");
    if (IsAnother(LocalFile::Open(file_->Number()))) return Fail("publish", EBUSY);
    if (order_.mode && fchmod(file_->Number(), *order_.mode) != 0 && !KeepsNoModes(errno)) return Fail("fchmod");
    if (order_.mtime) {
      const timespec time = TimeOf(*order_.mtime);
      const std::array<timespec, 2> times{time, time};
      if (futimens(file_->Number(), times.data()) != 0) return Fail("futimens");
    }
#ifdef SYNC_FILE_RANGE_WRITE
    if (order_.sync) static_cast<void>(sync_file_range(file_->Number(), 0, 0, SYNC_FILE_RANGE_WRITE));
#endif
  }

  // What is to be on the disk before it gets its name; less than 0: nothing.
  int FileToSync() const { return error_ == 0 && order_.sync ? file_->Number() : -1; }

  void Name() {
    if (error_ == 0) Rename();
    file_.reset();
  }

  // The directory whose new name is to be on the disk; empty: none.
  std::string DirectoryToSync() const {
    return error_ == 0 && order_.sync ? order_.to.substr(0, order_.to.rfind('/') + 1) : "";
  }

  void Synced(int error) {
    if (error != 0) Fail("fsync", error);
  }

  void Fail(const char* call, int error = errno) {
    error_ = error;
    call_ = call;
  }

  void Tell() {
    completion_.Finish([error = error_, call = call_](Napi::Env env) -> Completion::Arguments {
      return {Napi::Number::New(env, error), Napi::String::New(env, call)};
    });
  }

 private:
  void Rename() {
    if (file_ && file_->Close() != 0) return Fail("close");
    const char* from = order_.from.c_str();
    const char* to = order_.to.c_str();
    // Syncing may have taken long.
    if (IsAnother(LocalFile::At(order_.from))) return Fail("publish", EBUSY);
    if (Rename(from, to) != 0) Fail("rename");
  }

  bool IsAnother(const LocalFile& found) const {
    return !order_.made.empty() && found.Known() && !found.Is(order_.made);
  }

  int Rename(const char* from, const char* to) const {
    if (!order_.version.empty()) return ReplaceSeen(from, to, order_.version);
    return order_.overwrite ? std::rename(from, to) : RenameNew(AT_FDCWD, from, to);
  }

  const Order order_;
  const Completion completion_;
  std::optional<Descriptor> file_;
  int error_ = 0;
  const char* call_ = "";
};

// Orders that came while a thread was at the disk are carried out together: what the first of them waits for, a commit
// of the file system's journal, is there for the others too.
class Publisher {
 public:
  void Add(Order order, Completion completion) {
    const std::lock_guard<std::mutex> lock(mutex_);
    waiting_.emplace_back(std::move(order), std::move(completion));
    if (working_ == kWorkers) return;
    ++working_;
    LocalWork().Run([this] { Work(); });
  }

 private:
  static constexpr int kWorkers = 2;  // a large file in one of them holds up only what came with it
  static constexpr std::size_t kTogether = 128;

  void Work() {
    for (;;) {
      std::list<Publication> publications;
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        while (!waiting_.empty() && publications.size() < kTogether) {
          publications.splice(publications.end(), waiting_, waiting_.begin());
        }
        if (publications.empty()) {
          --working_;
          return;
        }
      }
      for (auto& publication : publications) publication.Begin();
      SyncContents(publications);
      for (auto& publication : publications) publication.Name();
      SyncDirectories(publications);
      for (auto& publication : publications) publication.Tell();
    }
  }

  // What is to be on the disk, and who waits for it.
  struct Unsynced {
    int descriptor;
    std::vector<Publication*> waiting;
  };

  static void SyncContents(std::list<Publication>& publications) {
    std::vector<Unsynced> files;
    for (auto& publication : publications) {
      if (const int file = publication.FileToSync(); file >= 0) files.push_back({file, {&publication}});
    }
    Sync(files);
  }

  static void SyncDirectories(std::list<Publication>& publications) {
    std::map<std::string, std::vector<Publication*>> named;
    for (auto& publication : publications) {
      const std::string directory = publication.DirectoryToSync();
      if (!directory.empty()) named[directory].push_back(&publication);
    }
    std::deque<Descriptor> opened;
    std::vector<Unsynced> directories;
    for (auto& [path, waiting] : named) {
      opened.emplace_back(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      if (opened.back().Number() < 0) {
        for (Publication* publication : waiting) publication->Fail("open");
      } else {
        directories.push_back({opened.back().Number(), std::move(waiting)});
      }
    }
    Sync(directories);
  }

  static void Sync(const std::vector<Unsynced>& all) {
    std::vector<int> descriptors;
    descriptors.reserve(all.size());
    for (const auto& each : all) descriptors.push_back(each.descriptor);
    const std::vector<int> errors = SyncFiles(descriptors);
    for (std::size_t i = 0; i < all.size(); ++i) {
      for (Publication* publication : all[i].waiting) publication->Synced(errors[i]);
    }
  }

  std::mutex mutex_;
  std::list<Publication> waiting_;
  int working_ = 0;
};

// As of a Date.
double TimeArgument(const Napi::CallbackInfo& info, std::size_t index) {
  constexpr double kMost = 8.64e15;
  constexpr const char* kExpected = "milliseconds since the epoch";
  if (!info[index].IsNumber()) throw WrongArgument(info, index, kExpected);
  const double time = info[index].As<Napi::Number>().DoubleValue();
  if (!(std::fabs(time) <= kMost)) throw WrongArgument(info, index, kExpected);
  return time;
}

Publisher& ThePublisher() {
  static auto* publisher = new Publisher();
  return *publisher;
}

}  // namespace

Napi::Value Publish(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Order order{};
  order.from = StringArgument(info, 0);
  order.to = StringArgument(info, 1);
  if (!info[2].IsUndefined()) order.mtime = TimeArgument(info, 2);
  // Never more than permissions: no setuid, no setgid.
  if (!info[3].IsUndefined()) order.mode = NumberArgument(info, 3) & 0777U;
  order.sync = info[4].ToBoolean().Value();
  if (info[5].IsString()) {
    order.version = StringArgument(info, 5);
  } else {
    order.overwrite = info[5].ToBoolean().Value();
  }
  if (!info[6].IsUndefined()) order.made = StringArgument(info, 6);
  ThePublisher().Add(std::move(order), Completion::Begin(env, FunctionArgument(info, 7)));
  return env.Undefined();
}
