// xrootd runs this for each prepare request (ofs.preplib libXrdOfsPrepGPI.so -run): it hands its
// arguments, each ended by a NUL, to the tape robot and prints the robot's answer.
// The robot listens on robot.sock in the directory that this program was called in.

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

namespace {

int fail(const char* what) {
  std::fprintf(stderr, "tape_prepare: %s: %s\n", what, std::strerror(errno));
  return 1;
}

bool writeAll(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    ssize_t written = write(fd, data, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    data += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  std::string program = argv[0];
  std::string socketPath = program.substr(0, program.rfind('/') + 1) + "robot.sock";
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (socketPath.size() >= sizeof(address.sun_path)) {
    errno = ENAMETOOLONG;
    return fail(socketPath.c_str());
  }
  std::memcpy(address.sun_path, socketPath.c_str(), socketPath.size() + 1);

  std::string request;
  for (int i = 1; i < argc; i++) request.append(argv[i]).push_back('\0');

  int robot = socket(AF_UNIX, SOCK_STREAM, 0);
  if (robot < 0) return fail("socket");
  if (connect(robot, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) return fail(socketPath.c_str());
  if (!writeAll(robot, request.data(), request.size())) return fail("can't send to the tape robot");
  shutdown(robot, SHUT_WR);

  char buffer[65536];
  for (;;) {
    ssize_t size = read(robot, buffer, sizeof(buffer));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail("no answer from the tape robot");
    if (size == 0) return 0;
    if (!writeAll(STDOUT_FILENO, buffer, static_cast<std::size_t>(size))) return fail("can't print the answer");
  }
}
