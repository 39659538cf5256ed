// delay_proxy TARGET_PORT MICROSECONDS: a TCP proxy on loopback that hands on what it gets after half the round-trip
// time, in each direction. It has no bandwidth limit and keeps the order. Prints its port, ends with standard input.
//
// C++ because timers of Node.js count milliseconds, and because it must leave the processors to those who are measured.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kReadBytes = 1 << 20;
/** More than this on its way in one direction, and no more is read: far above what 50 ms can hold on loopback. */
constexpr size_t kMostBytes = 512 << 20;

struct Chunk {
  Clock::time_point due;
  /** Empty: the end. */
  std::vector<char> data;
};

struct Flow {
  int from;
  int to;
  std::deque<Chunk> chunks;
  size_t bytes = 0;
  /** Of the first chunk. */
  size_t sent = 0;
  bool ended = false;
  /** The receiver takes no more at the moment. */
  bool blocked = false;
  bool done = false;
};

struct Connection {
  Flow up;
  Flow down;
};

/** What an epoll event is about: both directions of one of a connection's sockets. */
struct Socket {
  Connection* connection;
  Flow* reads;
  Flow* writes;
};

class Proxy {
 public:
  Proxy(uint16_t target, std::chrono::microseconds half)
      : target_(target), half_(half), epoll_(epoll_create1(0)), timer_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sockaddr_in address = Loopback(0);
    socklen_t length = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0 || listen(listener_, 1024) != 0) {
      std::perror("listen");
      std::exit(1);
    }
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    std::printf("%d\n", ntohs(address.sin_port));
    std::fflush(stdout);
    for (int* fd : {&listener_, &timer_, &input_}) Watch(*fd, EPOLLIN, fd);
  }

  void Run() {
    for (;;) {
      epoll_event events[64];
      const int count = epoll_wait(epoll_, events, 64, -1);
      for (int i = 0; i < count; ++i) {
        void* what = events[i].data.ptr;
        if (what == &input_) return;
        if (what == &listener_) Accept();
        if (what == &listener_ || what == &timer_) continue;
        auto* socket = static_cast<Socket*>(what);
        if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) Read(*socket->reads);
        if (events[i].events & EPOLLOUT) socket->writes->blocked = false;
      }
      SendDue();
    }
  }

 private:
  static sockaddr_in Loopback(uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }

  void Watch(int fd, uint32_t events, void* what) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = what;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  void Accept() {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
    if (client < 0) return;
    const int server = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = Loopback(target_);
    if (connect(server, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      close(client);
      close(server);
      return;
    }
    const int on = 1;
    for (int fd : {client, server}) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto connection = std::make_unique<Connection>();
    connection->up.from = connection->down.to = client;
    connection->up.to = connection->down.from = server;
    auto* c = connection.get();
    sockets_.push_back({c, &c->up, &c->down});
    Watch(client, EPOLLIN | EPOLLOUT | EPOLLET, &sockets_.back());
    sockets_.push_back({c, &c->down, &c->up});
    Watch(server, EPOLLIN | EPOLLOUT | EPOLLET, &sockets_.back());
    connections_.insert(std::move(connection));
  }

  /** Edge-triggered: until there is nothing more, or too much is on its way. */
  void Read(Flow& flow) {
    while (!flow.ended && flow.bytes < kMostBytes) {
      const ssize_t got = recv(flow.from, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
      flow.ended = got <= 0;
      const size_t length = got > 0 ? static_cast<size_t>(got) : 0;
      flow.chunks.push_back({Clock::now() + half_, {buffer_.begin(), buffer_.begin() + static_cast<ssize_t>(length)}});
      flow.bytes += length;
    }
  }

  void SendDue() {
    const auto now = Clock::now();
    auto next = Clock::time_point::max();
    for (auto at = connections_.begin(); at != connections_.end();) {
      Connection& connection = **at;
      for (Flow* flow : {&connection.up, &connection.down}) {
        const bool full = flow->bytes >= kMostBytes;
        Send(*flow, now);
        if (full) Read(*flow);
        if (!flow->chunks.empty() && !flow->blocked) next = std::min(next, flow->chunks.front().due);
      }
      at = connection.up.done && connection.down.done ? Close(at) : std::next(at);
    }
    SetTimer(next);
  }

  void Send(Flow& flow, Clock::time_point now) {
    while (!flow.blocked && !flow.chunks.empty() && flow.chunks.front().due <= now) {
      Chunk& chunk = flow.chunks.front();
      if (chunk.data.empty()) {
        shutdown(flow.to, SHUT_WR);
        flow.done = true;
        flow.chunks.clear();
        return;
      }
      const ssize_t sent =
          send(flow.to, chunk.data.data() + flow.sent, chunk.data.size() - flow.sent, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        flow.blocked = true;
        return;
      }
      if (sent < 0) {
        // The receiver has gone: the sender is to learn it.
        shutdown(flow.from, SHUT_RDWR);
        flow.chunks.clear();
        flow.done = flow.ended = true;
        return;
      }
      flow.sent += static_cast<size_t>(sent);
      if (flow.sent < chunk.data.size()) continue;
      flow.bytes -= chunk.data.size();
      flow.sent = 0;
      flow.chunks.pop_front();
    }
  }

  using Connections = std::set<std::unique_ptr<Connection>>;

  Connections::iterator Close(Connections::iterator at) {
    close((*at)->up.from);
    close((*at)->up.to);
    return connections_.erase(at);
  }

  void SetTimer(Clock::time_point due) {
    itimerspec when{};
    if (due != Clock::time_point::max()) {
      const auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(due.time_since_epoch()).count();
      when.it_value.tv_sec = since / 1000000000;
      when.it_value.tv_nsec = since % 1000000000;
    }
    timerfd_settime(timer_, TFD_TIMER_ABSTIME, &when, nullptr);
  }

  const uint16_t target_;
  const std::chrono::microseconds half_;
  const int epoll_;
  int timer_;
  int listener_;
  int input_ = STDIN_FILENO;
  std::vector<char> buffer_ = std::vector<char>(kReadBytes);
  /** Never shrinks: an event of this round may still name a closed connection's socket. */
  std::deque<Socket> sockets_;
  Connections connections_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const auto half = std::chrono::microseconds(std::stoul(argv[2]) / 2);
  Proxy(static_cast<uint16_t>(std::stoul(argv[1])), half).Run();
  return 0;
}
