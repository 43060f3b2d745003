#include "output_file.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "socket_address.h"

namespace lineman {
namespace {

// Poll says that a pipe has room for that much (POSIX); a terminal for little.
constexpr std::size_t kPipeChunk = PIPE_BUF;
constexpr std::size_t kTerminalChunk = 256;

Error cannot_write(const std::string& name, int error) {
  return {ErrorCode::kFile, "cannot write " + name + ": " + errno_text(error)};
}

}  // namespace

Result<OutputFile> OutputFile::open(const std::string& path) {
  OutputFile file;
  if (path == "-") {
    file.fd_ = STDOUT_FILENO;
    file.name_ = "stdout";
  } else if (path.rfind("fd:", 0) == 0) {
    const char* last = path.data() + path.size();
    const auto [end, bad] = std::from_chars(path.data() + 3, last, file.fd_);
    if (bad != std::errc() || end != last || file.fd_ < 0) {
      return fail(ErrorCode::kUsage, "'" + path + "' is not a descriptor: write fd:3");
    }
    file.name_ = path;
    const int flags = ::fcntl(file.fd_, F_GETFL);
    if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) {
      return fail(ErrorCode::kUsage, "descriptor " + std::to_string(file.fd_) +
                                         " is not open for writing: redirect it, as in `" +
                                         std::to_string(file.fd_) + ">events.json`");
    }
  } else {
    file.name_ = "'" + path + "'";
    // O_NONBLOCK only for the opening of a FIFO; it is our own file description.
    const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    file.owned_ = Fd(::open(path.c_str(), flags, 0666));
    file.fd_ = file.owned_.get();
    if (file.fd_ < 0 && errno == ENXIO) {
      return fail(ErrorCode::kFile,
                  "nobody reads the pipe " + file.name_ + ": start its reader first");
    }
    if (file.fd_ < 0) return tl::make_unexpected(cannot_write(file.name_, errno));
    ::fcntl(file.fd_, F_SETFL, ::fcntl(file.fd_, F_GETFL) & ~O_NONBLOCK);
  }
  struct stat info {};
  if (::fstat(file.fd_, &info) != 0) {
    return tl::make_unexpected(cannot_write(file.name_, errno));
  }
  file.regular_ = S_ISREG(info.st_mode);
  file.kind_ = S_ISSOCK(info.st_mode)   ? Kind::kSocket
               : S_ISFIFO(info.st_mode) ? Kind::kPipe
               : S_ISCHR(info.st_mode)  ? Kind::kTerminal
                                        : Kind::kRegular;
  return file;
}

bool OutputFile::has_room() const {
  pollfd look{fd_, POLLOUT, 0};
  // An error is for write() to find.
  return ::poll(&look, 1, waits_ ? -1 : 0) > 0;
}

std::size_t OutputFile::write(std::span<const std::byte> bytes) {
  std::size_t done = 0;
  while (done < bytes.size() && error_ == 0) {
    const std::byte* from = bytes.data() + done;
    std::size_t size = bytes.size() - done;
    ssize_t n = 0;
    if (kind_ == Kind::kSocket) {
      n = ::send(fd_, from, size, (waits_ ? 0 : MSG_DONTWAIT) | MSG_NOSIGNAL);
    } else {
      if (kind_ != Kind::kRegular) {
        if (!has_room()) break;
        size = std::min(size, kind_ == Kind::kPipe ? kPipeChunk : kTerminalChunk);
      }
      n = ::write(fd_, from, size);
    }
    if (n > 0) {
      done += static_cast<std::size_t>(n);
    } else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      break;  // somebody else made it non-blocking
    } else if (n < 0 && errno != EINTR) {
      error_ = errno;
    }
  }
  return done;
}

bool OutputFile::write_at(off_t offset, std::span<const std::byte> bytes) {
  return ::pwrite(fd_, bytes.data(), bytes.size(), offset) == static_cast<ssize_t>(bytes.size());
}

void OutputFile::truncate(off_t size) {
  // A failure leaves a longer file with a right header.
  [[maybe_unused]] const int done = ::ftruncate(fd_, size);
}

std::string OutputFile::error_text() const {
  return error_ ? cannot_write(name_, error_).text : std::string();
}

void OutputFile::close() {
  owned_.reset();
  fd_ = -1;
}

}  // namespace lineman
