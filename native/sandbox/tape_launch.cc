// tape_launch <pid file> <port> <command> [<argument>...]
// Writes its process id to the file and becomes the command, whose standard output joins its standard
// error. With a port ("-": none) it listens on 127.0.0.1:<port> first (0: any free one), prints the port
// and hands the socket over as systemd's socket activation does (LISTEN_FDS, LISTEN_PID); {port} in an
// argument becomes the number. xrootd has no directive to bind one address only; this way it never
// binds, and no other program can take the port in between.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

constexpr int kFirstPassedDescriptor = 3;  // as sd_listen_fds(3) has it

int fail(const char* what) {
  std::fprintf(stderr, "tape_launch: %s: %s\n", what, std::strerror(errno));
  return 1;
}

bool writeLine(int fd, const std::string& text) {
  std::string line = text + "\n";
  return write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size());
}

// Returns the port, or an empty string with errno set.
std::string listenOnLoopback(const char* wanted) {
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (listener < 0) return "";
  int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(std::atoi(wanted)));
  socklen_t size = sizeof(address);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener, 1024) != 0 ||
      getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return "";
  }
  if (listener != kFirstPassedDescriptor) {
    if (dup2(listener, kFirstPassedDescriptor) < 0) return "";
    close(listener);
  }
  setenv("LISTEN_FDS", "1", 1);
  setenv("LISTEN_PID", std::to_string(getpid()).c_str(), 1);
  return std::to_string(ntohs(address.sin_port));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: tape_launch <pid file> <port>|- <command> [<argument>...]\n");
    return 2;
  }
  int pidFile = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (pidFile < 0 || !writeLine(pidFile, std::to_string(getpid()))) return fail(argv[1]);

  std::string port;
  if (std::strcmp(argv[2], "-") != 0) {
    port = listenOnLoopback(argv[2]);
    if (port.empty()) return fail("can't listen on 127.0.0.1");
    if (!writeLine(STDOUT_FILENO, port)) return fail("can't tell the port");
  }
  dup2(STDERR_FILENO, STDOUT_FILENO);

  std::vector<std::string> arguments(argv + 3, argv + argc);
  std::vector<char*> command;
  for (std::string& argument : arguments) {
    std::size_t place = argument.find("{port}");
    if (place != std::string::npos) argument.replace(place, 6, port);
    command.push_back(argument.data());
  }
  command.push_back(nullptr);
  execvp(command[0], command.data());
  return fail(command[0]);
}
