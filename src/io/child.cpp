// run_command (lineman/process.h): fork and exec, watched by a pidfd (a timer where the kernel has
// none), reaped here and nowhere else.
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "fd.h"
#include "lineman/process.h"
#include "socket_address.h"

extern char** environ;

namespace lineman {
namespace {

constexpr Duration kPollInterval = std::chrono::milliseconds(20);

class RunningChild final : public Child {
 public:
  RunningChild(Loop& loop, pid_t pid, bool own_group, std::function<void(const ChildEnd&)> ended)
      : loop_(loop), pid_(pid), own_group_(own_group), ended_(std::move(ended)) {
#ifdef SYS_pidfd_open
    pidfd_ = Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
#endif
    if (pidfd_) {
      watch_ = loop_.watch(pidfd_.get(), Loop::kReadable, [this](unsigned) { reap(); });
    } else {
      poll();
    }
  }
  ~RunningChild() override {
    loop_.unwatch(watch_);
    loop_.cancel(poll_);
    loop_.cancel(kill_);
    if (reaped_) return;
    signal_all(SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {}
  }

  int pid() const override { return pid_; }

  void stop(Duration grace) override {
    if (reaped_) return;
    signal_all(SIGTERM);
    signal_all(SIGCONT);
    loop_.cancel(kill_);
    kill_ = loop_.at(loop_.now() + grace, [this] { signal_all(SIGKILL); });
  }

 private:
  void signal_all(int number) const { ::kill(own_group_ ? -pid_ : pid_, number); }

  void poll() {
    poll_ = loop_.at(loop_.now() + kPollInterval, [this] {
      if (!reap()) poll();
    });
  }

  bool reap() {
    int status = 0;
    if (reaped_ || ::waitpid(pid_, &status, WNOHANG) != pid_) return false;
    reaped_ = true;
    // What it started and left behind goes with it.
    if (own_group_) ::kill(-pid_, SIGTERM);
    loop_.unwatch(watch_);
    loop_.cancel(kill_);
    ChildEnd end;
    if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
    if (WIFEXITED(status)) end.exit_code = WEXITSTATUS(status);
    const auto ended = std::move(ended_);
    if (ended) ended(end);  // it may destroy this
    return true;
  }

  Loop& loop_;
  const pid_t pid_;
  const bool own_group_;
  std::function<void(const ChildEnd&)> ended_;
  Fd pidfd_;
  Loop::Id watch_ = 0, poll_ = 0, kill_ = 0;
  bool reaped_ = false;
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> environment_with(
    const std::vector<std::pair<std::string, std::string>>& extra) {
  std::vector<std::string> out;
  for (char** entry = environ; *entry; ++entry) {
    const std::string text = *entry;
    const bool replaced = std::any_of(extra.begin(), extra.end(), [&](const auto& e) {
      return text.rfind(e.first + "=", 0) == 0;
    });
    if (!replaced) out.push_back(text);
  }
  for (const auto& [name, value] : extra) out.push_back(name + "=" + value);
  return out;
}

// In the child, between fork and exec: nothing but system calls.
[[noreturn]] void become(char* const* argv, char* const* env, int report, bool own_group,
                         pid_t parent) {
  if (own_group) ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(127);
  struct sigaction normal {};
  normal.sa_handler = SIG_DFL;
  for (const int number : {SIGINT, SIGTERM, SIGPIPE, SIGHUP, SIGCHLD}) {
    ::sigaction(number, &normal, nullptr);
  }
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
#ifdef SYS_close_range
  constexpr unsigned kCloseOnExec = 4;  // CLOSE_RANGE_CLOEXEC
  if (::syscall(SYS_close_range, 3U, ~0U, kCloseOnExec) != 0)
#endif
  {
    for (int fd = 3; fd < 4096; ++fd) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
  ::execvpe(argv[0], argv, env);
  const int error = errno;
  [[maybe_unused]] const auto n = ::write(report, &error, sizeof error);
  ::_exit(127);
}

}  // namespace

Result<std::unique_ptr<Child>> run_command(
    Loop& loop, const std::vector<std::string>& argv,
    const std::vector<std::pair<std::string, std::string>>& extra,
    std::function<void(const ChildEnd&)> ended) {
  if (argv.empty() || argv[0].empty()) return fail(ErrorCode::kUsage, "no command to run");
  std::vector<std::string> words = argv, env_words = environment_with(extra);
  const auto args = pointers(words), env = pointers(env_words);
  // At a terminal it stays in our group, so that it can read from it and Ctrl-C reaches both.
  const bool own_group = !::isatty(STDIN_FILENO);
  int report[2] = {-1, -1};
  if (::pipe2(report, O_CLOEXEC) != 0) {
    return fail(ErrorCode::kResource, "cannot run '" + argv[0] + "': " + errno_text(errno));
  }
  Fd reader(report[0]), writer(report[1]);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) {
    return fail(ErrorCode::kResource, "cannot run '" + argv[0] + "': " + errno_text(errno));
  }
  if (pid == 0) become(args.data(), env.data(), writer.get(), own_group, parent);
  if (own_group) ::setpgid(pid, pid);  // whoever of the two comes first
  writer.reset();
  int error = 0;
  ssize_t n = 0;
  do n = ::read(reader.get(), &error, sizeof error);
  while (n < 0 && errno == EINTR);
  if (n == static_cast<ssize_t>(sizeof error)) {
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {}
    return fail(error == ENOENT || error == EACCES ? ErrorCode::kUsage : ErrorCode::kResource,
                "cannot run '" + argv[0] + "': " + errno_text(error));
  }
  return std::make_unique<RunningChild>(loop, pid, own_group, std::move(ended));
}

}  // namespace lineman
