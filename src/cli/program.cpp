#include "program.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "command_table.h"
#include "lineman/process.h"
#include "lineman/version.h"
#include "outputs.h"
#include "parse.h"

namespace lineman {
namespace {

// Everything, also into a pipe that is slow. False with errno.
bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

// After a run a stderr that nobody reads must not keep us.
void say_if_possible(const std::string& line) {
  pollfd look{STDERR_FILENO, POLLOUT, 0};
  if (::poll(&look, 1, 0) == 1 && (look.revents & POLLOUT) != 0) {
    write_all(STDERR_FILENO, line + "\n");
  }
}

// A pipe that is full: its reader takes nothing.
bool has_no_room(int fd) {
  pollfd look{fd, POLLOUT, 0};
  return ::poll(&look, 1, 0) == 0;
}

// A pipe or socket whose reader has gone.
bool reader_is_gone(int fd) {
  pollfd look{fd, POLLOUT, 0};
  return ::poll(&look, 1, 0) == 1 && (look.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
}

Result<std::string> read_small_file(const std::string& path) {
  const auto bad = [&path](int error) {
    return fail(ErrorCode::kFile, "cannot read '" + path + "': " + std::strerror(error));
  };
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return bad(errno);
  std::array<char, 4096> buffer{};
  std::string text;
  ssize_t n = 0;
  while (text.size() < buffer.size()) {
    n = ::read(fd, buffer.data(), buffer.size() - text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(n));
  }
  const int error = errno;
  ::close(fd);
  if (n < 0) return bad(error);
  return text;
}

Environment environment() {
  Environment e;
  e.at_terminal = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1;
  if (const char* password = std::getenv("LINEMAN_PASSWORD")) e.password = password;
  e.read_file = read_small_file;
  return e;
}

bool wants_colour() {
  const char* none = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) == 1 && (none == nullptr || *none == '\0') && term != nullptr &&
         std::strcmp(term, "dumb") != 0;
}

TimePoint monotonic_now() {
  return TimePoint(std::chrono::duration_cast<Duration>(
      std::chrono::steady_clock::now().time_since_epoch()));  // CLOCK_MONOTONIC, as Loop has it
}

// A command line that is refused still says its one result where JSON was asked for.
int refuse(const std::vector<std::string>& words, const Error& error) {
  const Exit exit = exit_of(error);
  write_all(STDERR_FILENO, "lineman: " + error.text + "\n");
  const auto end = std::find(words.begin(), words.end(), "--");
  if (std::find(words.begin(), end, "--json") != end) {
    ProcessResult result;
    result.call.exit = exit;
    result.call.verdict = verdict_name(exit);
    result.call.causes = {error.text.substr(0, error.text.find('\n'))};
    result.version = kVersion;
    write_all(STDOUT_FILENO, result_json(result, wall_epoch(monotonic_now())) + "\n");
  }
  return static_cast<int>(exit);
}

int run(const Command& command) {
  std::signal(SIGPIPE, SIG_IGN);
  PhoneVerdict verdict;
  bool told = false;
  bool lost = false;
  {
    Outputs outputs(command, wants_colour());
    verdict = run_phone(command.phone, outputs.hooks());
    told = outputs.told_verdict();
    lost = outputs.stdout_lost();
  }
  int code = static_cast<int>(verdict.exit);
  if (!told && code != 0) {
    for (const std::string& cause : verdict.result.call.causes) {
      say_if_possible("lineman: " + cause);
    }
  }
  if (command.out.uses_stdout() && (lost || reader_is_gone(STDOUT_FILENO))) {
    const bool known = lost || code == static_cast<int>(Exit::kLocal);
    if (!known) say_if_possible("warning: nobody reads stdout any more");
    if (code == 0) code = static_cast<int>(Exit::kLocal);
  }
  if (command.out.uses_stdout() && !verdict.clean && has_no_room(STDOUT_FILENO)) {
    say_if_possible("warning: nobody reads stdout: not all of it was written");
    if (code == 0) code = static_cast<int>(Exit::kLocal);
  }
  if (!verdict.clean) ::_exit(code);
  return code;
}

}  // namespace

int run_program(const std::vector<std::string>& words) {
  auto command = parse_command_line(words, environment());
  if (!command) return refuse(words, command.error());
  if (command->row->print == nullptr) return run(*command);
  auto text = command->row->print(*command);
  if (!text) return refuse({}, text.error());
  if (write_all(STDOUT_FILENO, *text)) return 0;
  return refuse({},
                {ErrorCode::kFile, std::string("cannot write stdout: ") + std::strerror(errno)});
}

}  // namespace lineman
