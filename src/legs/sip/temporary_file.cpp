#include "temporary_file.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace lineman {

Result<std::unique_ptr<TemporaryFile>> TemporaryFile::with(std::string_view text) {
  std::unique_ptr<TemporaryFile> file(new TemporaryFile);
  file->fd_ = memfd_create("lineman", MFD_CLOEXEC);
  file->path_ = fmt::format("/proc/self/fd/{}", file->fd_);
  if (file->fd_ < 0 || access(file->path_.c_str(), R_OK) != 0) {
    if (file->fd_ >= 0) close(file->fd_);
    char name[] = "/tmp/lineman-XXXXXX";
    file->fd_ = mkostemp(name, 0);
    file->path_ = name;
    file->named_ = file->fd_ >= 0;
  }
  if (file->fd_ < 0 ||
      write(file->fd_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return fail(ErrorCode::kResource,
                fmt::format("no temporary file: {}; is /tmp writable?", std::strerror(errno)));
  }
  return file;
}

TemporaryFile::~TemporaryFile() {
  if (named_) unlink(path_.c_str());
  if (fd_ >= 0) close(fd_);
}

}  // namespace lineman
