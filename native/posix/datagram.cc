#include "posix/datagram.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <string>

#include "js/arguments.h"
#include "posix/descriptor.h"

namespace {

#ifdef __linux__
constexpr int kType = SOCK_DGRAM | SOCK_CLOEXEC;
#else
constexpr int kType = SOCK_DGRAM;
#endif

int Send(const std::string& path, const std::string& message) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty()) return EINVAL;
  if (path.size() >= sizeof address.sun_path) return ENAMETOOLONG;
  std::copy(path.begin(), path.end(), static_cast<char*>(address.sun_path));
  if (path.front() == '@') address.sun_path[0] = '\0';
  const Descriptor socket(::socket(AF_UNIX, kType, 0));
  if (socket.Number() < 0) return errno;
  // An abstract name ends with the length; a path's NUL isn't counted either.
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): as the socket calls want it
  const auto* to = reinterpret_cast<const sockaddr*>(&address);
  const ssize_t sent = sendto(socket.Number(), message.data(), message.size(), MSG_DONTWAIT, to, length);
  return sent < 0 ? errno : 0;
}

}  // namespace

Napi::Value SendDatagram(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), Send(StringArgument(info, 0), StringArgument(info, 1)));
}
