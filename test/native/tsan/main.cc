// tsan SERVER LOCAL-DIRECTORY ROUNDS: the whole addon at work on two JavaScript threads at once, for ThreadSanitizer:
// requests, copies in both directions (held up, cancelled, of missing files), reading back, checksums, the log, names
// for files. One environment closes with its work under way; at last the process ends with more of it. The server has
// /small, /large and /many.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>
#include <thread>

#include "engine.h"

namespace {

using Values = std::vector<Value*>;

class Work {
 public:
  Work(std::string server, std::string directory, std::string name)
      : server_(std::move(server)), directory_(std::move(directory)), name_(std::move(name)) {
    file_system_ = engine_.New(engine_.exports->members.at("FileSystem"), {engine_.Text(server_)});
    std::ofstream(Local("small")) << "small";
    std::ofstream(Local("large")) << std::string(3 << 20, 'x');
  }

  void Round(int number) {
    const std::string id = name_ + std::to_string(number);
    Value* log = engine_.Call("subscribeToLog", {engine_.Program([](const Values&) {})});
    engine_.Call("setLogLevel", {engine_.Number(number % 6)});
    engine_.Call("hideInLog", {engine_.Texts({"secret" + id}), engine_.Texts({"***"})});
    Start(id);
    engine_.Run([this] { return under_way_.empty(); },
                [this] {
                  for (const auto& each : under_way_)
                    std::fprintf(stderr, "%s: no end of %s\n", name_.c_str(), each.c_str());
                });
    engine_.Call("unsubscribeFromLog", {log});
  }

  void Start(const std::string& id) {
    for (int i = 0; i < 20; ++i) Ask("stat", {engine_.Text("/small")});
    Ask("stat", {engine_.Text("/nothing")});
    Ask("statMany", {engine_.Texts({"/small", "/large", "/nothing"})});
    Ask("dirStats", {engine_.Text("/many")});
    Ask("dirList", {engine_.Text("/many"), engine_.Number(1)});
    Ask("ping", {});
    Ask("locate", {engine_.Text("/small"), engine_.Flag(true), engine_.Number(0)});
    Ask("mkdir", {engine_.Text("/d/" + id), engine_.Number(1), engine_.Number(0755)});
    Value* released = Ask("query", {engine_.Number(3), engine_.Text("/small")});
    engine_.Call("release", {released});
    for (int i = 0; i < 4; ++i) {
      const std::string remote = server_ + "//d/" + id + "-" + std::to_string(i);
      Small(Local("small"), remote + "-small", false);
      Small(server_ + "//small", Local("from-" + id + std::to_string(i)), true);
      Large(Local("large"), remote + "-large", i % 2 == 0, i == 3);
    }
    Large(Local("nothing"), server_ + "//d/" + id + "-nothing", false, false);
    ReadBack(true);
    ReadBack(false);
    LocalFiles(id);
  }

  void CloseInTheMiddle() {
    Start(name_ + "last");
    engine_.Close();
  }

 private:
  std::string Local(const std::string& name) const { return directory_ + "/" + name_ + "-" + name; }

  // A callback that is called once.
  Value* Once(const std::string& what) {
    under_way_.insert(what);
    return engine_.Program([this, what](const Values&) { Ended(what); });
  }

  void Ended(const std::string& what) { under_way_.erase(under_way_.find(what)); }

  Value* Ask(const std::string& method, Values arguments) {
    under_way_.insert(method);
    arguments.push_back(engine_.Number(20));
    arguments.push_back(engine_.Program([this, method](const Values& answer) {
      if (!answer.at(2)->boolean) Ended(method);
    }));
    return engine_.CallMethod(file_system_, method, arguments);
  }

  void Small(const std::string& source, const std::string& target, bool download) {
    engine_.Call("copySmall",
                 {engine_.Text(source), engine_.Text(target), engine_.Flag(true), engine_.Texts({"adler32", "md5"}),
                  engine_.Flag(!download), engine_.Flag(download), engine_.Number(1 << 20), Once("copySmall")});
  }

  void Large(const std::string& source, const std::string& target, bool held_up, bool cancelled) {
    constexpr int kEnded = 2;
    constexpr int kHeldUp = 3;
    Value* properties = engine_.Make(napi_object);
    properties->members = {{"source", engine_.Text(source)},         {"target", engine_.Text(target)},
                           {"chunkSize", engine_.Number(1 << 18)},   {"parallelChunks", engine_.Number(3)},
                           {"checkSumMode", engine_.Text("source")}, {"checkSumType", engine_.Text("adler32")},
                           {"makeDir", engine_.Flag(true)}};
    under_way_.insert("copy to " + target);
    auto operation = std::make_shared<Value*>(nullptr);
    Value* callback = engine_.Program([this, operation, cancelled, target](const Values& told) {
      const auto event = static_cast<int>(told.at(0)->number);
      if (event == kEnded) Ended("copy to " + target);
      if (event != kHeldUp) return;
      if (cancelled) {
        engine_.CallMethod(*operation, "cancel", {});
      } else {
        engine_.CallMethod(*operation, "allow", {engine_.Number(told.at(1)->number + (1 << 20))});
      }
    });
    *operation =
        engine_.Call("copy", {properties, engine_.Number(1), engine_.Flag(held_up), engine_.Flag(true), callback});
    if (cancelled && !held_up) engine_.CallMethod(*operation, "cancel", {});
  }

  void ReadBack(bool held_up) {
    constexpr int kEnded = 1;
    under_way_.insert("readChecksum");
    auto operation = std::make_shared<Value*>(nullptr);
    Value* callback = engine_.Program([this, operation](const Values& told) {
      if (static_cast<int>(told.at(0)->number) == kEnded) {
        Ended("readChecksum");
      } else {
        engine_.CallMethod(*operation, "allow", {engine_.Number(told.at(1)->number + (4 << 20))});
      }
    });
    *operation = engine_.Call(
        "readChecksum", {engine_.Text(server_ + "//large"), engine_.Text("crc32c"), engine_.Flag(held_up), callback});
  }

  void LocalFiles(const std::string& id) {
    Value* bytes = engine_.Make(napi_object);
    bytes->bytes = std::make_shared<std::vector<char>>(100'000, 'b');
    const std::string temporary = name_ + "-temporary-" + id;
    engine_.Call("writeFile", {engine_.Text(directory_), engine_.Text(""), engine_.Text(temporary),
                               engine_.Text(temporary + "-named"), bytes, engine_.Number(0600), engine_.Texts({"md5"}),
                               engine_.Text(""), Once("writeFile")});
    for (int i = 0; i < 8; ++i) {
      const std::string made = Local("made-" + id + std::to_string(i));
      std::ofstream(made) << "made";
      engine_.Call("publish",
                   {engine_.Text(made), engine_.Text(made + "-named"), engine_.Number(1e12), engine_.Number(0600),
                    engine_.Flag(true), engine_.Flag(false), engine_.Make(napi_undefined), Once("publish")});
    }
    engine_.Call("checksum", {engine_.Number(0), engine_.Texts({"adler32"}), engine_.Number(0), engine_.Number(-1),
                              Once("checksum")});
  }

  Engine engine_;
  const std::string server_;
  const std::string directory_;
  const std::string name_;
  Value* file_system_ = nullptr;
  std::multiset<std::string> under_way_;  // what isn't answered
};

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) return 2;
  const int rounds = std::atoi(arguments[3]);
  std::thread worker([&] {
    auto* work = new Work(arguments[1], arguments[2], "worker");
    for (int i = 0; i < rounds; ++i) work->Round(i);
    work->CloseInTheMiddle();
  });
  auto* work = new Work(arguments[1], arguments[2], "main");
  for (int i = 0; i < rounds; ++i) work->Round(i);
  worker.join();
  work->Start("end");
  std::printf("%d rounds\n", rounds);
  std::exit(0);
}
