// rtp_floor [CALLS [SECONDS]]: what the machine itself takes for G.711 both ways, without any
// telephony: one process with a connected UDP socket a call, and one timerfd tick every 20 ms that
// drains each socket (recv until it is empty) and sends a packet of 172 bytes on it. The far end is
// a child that does the same, half a tick later.
//
// Prints the CPU of one side, user and system, in microseconds per call and second.
#include <arpa/inet.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr nanoseconds kTick = milliseconds(20);
constexpr std::size_t kPacket = 12 + 160;

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(3);
}

int bound_socket(sockaddr_in& name) {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) die("socket");
  name = {};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof name;
  if (bind(fd, reinterpret_cast<sockaddr*>(&name), sizeof name) != 0) die("bind");
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) != 0) die("getsockname");
  return fd;
}

void connect_to(int fd, const sockaddr_in& name) {
  if (connect(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0) die("connect");
}

nanoseconds process_cpu() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return std::chrono::seconds(t.tv_sec) + nanoseconds(t.tv_nsec);
}

timespec to_timespec(nanoseconds t) {
  return {t.count() / 1'000'000'000, t.count() % 1'000'000'000};
}

struct Side {
  std::vector<int> sockets;
  int timer = -1;
  std::uint64_t received = 0;

  void start(nanoseconds phase) {
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    if (timer < 0) die("timerfd_create");
    const itimerspec at{to_timespec(kTick), to_timespec(kTick + phase)};
    timerfd_settime(timer, 0, &at, nullptr);
  }
  // Returns how many ticks were due: all but one of them come late.
  std::uint64_t tick() {
    std::uint64_t due = 0;
    if (read(timer, &due, sizeof due) != sizeof due) die("read");
    std::array<char, 2048> in;
    std::array<char, kPacket> out{};
    for (const int fd : sockets) {
      while (recv(fd, in.data(), in.size(), MSG_DONTWAIT) > 0) ++received;
      for (std::uint64_t i = 0; i < due; ++i) {
        if (send(fd, out.data(), out.size(), MSG_DONTWAIT | MSG_NOSIGNAL) < 0) break;
      }
    }
    return due;
  }
};

}  // namespace

int main(int argc, char** argv) {
  const int calls = argc > 1 ? std::atoi(argv[1]) : 100;
  const int seconds = argc > 2 ? std::atoi(argv[2]) : 4;
  if (calls < 1 || seconds < 1) {
    std::fprintf(stderr, "usage: rtp_floor [CALLS [SECONDS]]\n");
    return 2;
  }
  Side near, far;
  for (int i = 0; i < calls; ++i) {
    sockaddr_in near_name, far_name;
    near.sockets.push_back(bound_socket(near_name));
    far.sockets.push_back(bound_socket(far_name));
    connect_to(near.sockets.back(), far_name);
    connect_to(far.sockets.back(), near_name);
  }
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) return 0;
    for (const int fd : near.sockets) close(fd);
    for (far.start(kTick / 2);;) far.tick();
  }
  for (const int fd : far.sockets) close(fd);
  near.start({});
  for (int ticks = 0; ticks < 25; ++ticks) near.tick();
  near.received = 0;
  const nanoseconds before = process_cpu();
  std::uint64_t ticks = 0;
  while (ticks < static_cast<std::uint64_t>(seconds) * 50) ticks += near.tick();
  const nanoseconds used = process_cpu() - before;
  kill(child, SIGKILL);
  const double length = static_cast<double>(ticks) / 50;
  const double expected = static_cast<double>(calls) * static_cast<double>(ticks);
  if (static_cast<double>(near.received) < .9 * expected) {
    std::fprintf(stderr, "rtp_floor: only %.0f %% of the packets came\n",
                 100 * static_cast<double>(near.received) / expected);
    return 14;
  }
  std::printf("%.1f\n", std::chrono::duration<double, std::micro>(used).count() / length / calls);
  return 0;
}
