#include "robot_call.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace tape {

namespace {

[[noreturn]] void fail(const std::string& what, int error) {
  throw std::runtime_error(what + ": " + std::strerror(error));
}

class Socket {
 public:
  Socket() : fd_(socket(AF_UNIX, SOCK_STREAM, 0)) {
    if (fd_ < 0) fail("socket", errno);
  }
  ~Socket() { close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

void writeAll(int fd, const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    ssize_t written = write(fd, text.data() + done, text.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail("can't send to the tape robot", errno);
    done += static_cast<std::size_t>(written);
  }
}

}  // namespace

std::string askRobot(const std::string& socketPath, const std::vector<std::string>& words) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (socketPath.size() >= sizeof(address.sun_path)) fail(socketPath, ENAMETOOLONG);
  std::memcpy(address.sun_path, socketPath.c_str(), socketPath.size() + 1);

  std::string request;
  for (const std::string& word : words) request.append(word).push_back('\0');

  Socket robot;
  if (connect(robot.fd(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) fail(socketPath, errno);
  writeAll(robot.fd(), request);
  shutdown(robot.fd(), SHUT_WR);

  std::string answer;
  char buffer[65536];
  for (;;) {
    ssize_t size = read(robot.fd(), buffer, sizeof(buffer));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) fail("no answer from the tape robot", errno);
    if (size == 0) return answer;
    answer.append(buffer, static_cast<std::size_t>(size));
  }
}

}  // namespace tape
