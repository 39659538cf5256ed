// The least that libXrdCl itself takes for the same work, so that what our binding adds can be seen.
//
//   floor copy threads|process N FROM TO LIST   copies FROM/name to TO/name for every name in the file LIST
//   floor stat W URL BASE LIST                  asks for BASE/name on the server URL, W requests in flight
//
// "threads": N threads, each with a CopyProcess of one job at a time. "process": one CopyProcess, N jobs in parallel.
// The last line of output is JSON; any failure ends it with 1.
#include <XrdCl/XrdClCopyProcess.hh>
#include <XrdCl/XrdClFileSystem.hh>
#include <XrdCl/XrdClPropertyList.hh>
#include <XrdCl/XrdClXRootDResponses.hh>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

std::vector<std::string> ReadLines(const std::string& file) {
  std::ifstream in(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

void Report(Clock::time_point start, size_t done) {
  const std::chrono::duration<double> seconds = Clock::now() - start;
  std::printf("{\"innerSeconds\":%.6f,\"done\":%zu}\n", seconds.count(), done);
}

[[noreturn]] void Fail(const std::string& what, const XrdCl::XRootDStatus& status) {
  std::cerr << what << ": " << status.ToStr() << std::endl;
  std::_Exit(1);
}

XrdCl::PropertyList JobOf(const std::string& source, const std::string& target) {
  XrdCl::PropertyList job;
  job.Set("source", source);
  job.Set("target", target);
  job.Set("makeDir", true);
  return job;
}

void CopyOne(const std::string& source, const std::string& target) {
  XrdCl::CopyProcess process;
  XrdCl::PropertyList result;
  process.AddJob(JobOf(source, target), &result);
  auto status = process.Prepare();
  if (status.IsOK()) status = process.Run(nullptr);
  if (!status.IsOK()) Fail(target, status);
}

void CopyWithThreads(unsigned parallel, const std::string& from, const std::string& to,
                     const std::vector<std::string>& names) {
  std::atomic<size_t> next{0};
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < parallel; ++i) {
    threads.emplace_back([&] {
      for (size_t n = next++; n < names.size(); n = next++) CopyOne(from + "/" + names[n], to + "/" + names[n]);
    });
  }
  for (auto& thread : threads) thread.join();
}

/** Job numbers are 16 bits wide before XRootD 6. */
constexpr size_t kMostJobs = 60000;

void CopyWithProcess(unsigned parallel, const std::string& from, const std::string& to,
                     const std::vector<std::string>& names) {
  for (size_t first = 0; first < names.size(); first += kMostJobs) {
    XrdCl::CopyProcess process;
    std::deque<XrdCl::PropertyList> results;
    for (size_t n = first; n < std::min(names.size(), first + kMostJobs); ++n) {
      results.emplace_back();
      process.AddJob(JobOf(from + "/" + names[n], to + "/" + names[n]), &results.back());
    }
    XrdCl::PropertyList configuration;
    configuration.Set("jobType", "configuration");
    configuration.Set("parallel", static_cast<int>(parallel));
    process.AddJob(configuration, nullptr);
    auto status = process.Prepare();
    if (status.IsOK()) status = process.Run(nullptr);
    if (!status.IsOK()) Fail(to, status);
  }
}

int Copy(const std::string& how, unsigned parallel, const std::string& from, const std::string& to,
         const std::vector<std::string>& names) {
  const auto start = Clock::now();
  (how == "threads" ? CopyWithThreads : CopyWithProcess)(parallel, from, to, names);
  Report(start, names.size());
  return 0;
}

/** Keeps `window` stats in flight: every answer sends the next request. */
class Pipeline {
 public:
  Pipeline(XrdCl::FileSystem& server, const std::string& base, const std::vector<std::string>& names)
      : server_(server), base_(base), names_(names) {}

  void Run(size_t window) {
    for (size_t i = 0; i < window; ++i) SendNext();
    std::unique_lock<std::mutex> lock(mutex_);
    finished_.wait(lock, [this] { return answered_ == names_.size(); });
  }

 private:
  struct Answer : XrdCl::ResponseHandler {
    explicit Answer(Pipeline& pipeline) : pipeline(pipeline) {}
    void HandleResponse(XrdCl::XRootDStatus* status, XrdCl::AnyObject* response) override {
      if (!status->IsOK()) Fail("stat", *status);
      delete status;
      delete response;
      pipeline.Answered();
      delete this;
    }
    Pipeline& pipeline;
  };

  void SendNext() {
    const size_t n = next_++;
    if (n >= names_.size()) return;
    auto answer = std::make_unique<Answer>(*this);
    const auto status = server_.Stat(base_ + "/" + names_[n], answer.get());
    if (!status.IsOK()) Fail(names_[n], status);
    static_cast<void>(answer.release());
  }

  void Answered() {
    SendNext();
    const std::lock_guard<std::mutex> lock(mutex_);
    if (++answered_ == names_.size()) finished_.notify_one();
  }

  XrdCl::FileSystem& server_;
  const std::string base_;
  const std::vector<std::string>& names_;
  std::atomic<size_t> next_{0};
  size_t answered_ = 0;
  std::mutex mutex_;
  std::condition_variable finished_;
};

int Stat(size_t window, const std::string& url, const std::string& base, const std::vector<std::string>& names) {
  XrdCl::FileSystem server{XrdCl::URL(url)};
  Pipeline pipeline(server, base, names);
  const auto start = Clock::now();
  pipeline.Run(window);
  Report(start, names.size());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 6 && words[0] == "copy" && (words[1] == "threads" || words[1] == "process")) {
    return Copy(words[1], static_cast<unsigned>(std::stoul(words[2])), words[3], words[4], ReadLines(words[5]));
  }
  if (words.size() == 5 && words[0] == "stat") {
    return Stat(std::stoul(words[1]), words[2], words[3], ReadLines(words[4]));
  }
  std::cerr << "floor copy threads|process N FROM TO LIST\nfloor stat W URL BASE LIST" << std::endl;
  return 2;
}
