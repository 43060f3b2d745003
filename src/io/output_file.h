// OutputFile: a file or pipe that Writer fills. Opened on Control, written on the Writer thread.
// Writes are ordinary ones; where a write could wait (a pipe, a terminal, a socket) only as much is
// written as there is room for.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <span>
#include <string>

#include "fd.h"
#include "lineman/result.h"

namespace lineman {

class OutputFile {
 public:
  // "-": stdout; "fd:N"; else a path, created or emptied. Never waits for the other end of a FIFO.
  static Result<OutputFile> open(const std::string& path);

  // Bytes written: fewer than given when there is no room now, or on an error (see error()).
  std::size_t write(std::span<const std::byte> bytes);
  bool write_at(off_t offset, std::span<const std::byte> bytes);  // regular files
  void truncate(off_t size);
  void wait_for_room() { waits_ = true; }  // in virtual time there is nobody to stall

  bool regular() const { return regular_; }  // can be rewritten, never waits for a reader
  bool own() const { return static_cast<bool>(owned_); }  // we opened it
  int fd() const { return fd_; }
  int error() const { return error_; }  // errno, sticky
  std::string error_text() const;       // "cannot write 'x.wav': No space left on device"
  const std::string& name() const { return name_; }
  void close();

 private:
  enum class Kind { kRegular, kPipe, kTerminal, kSocket };

  bool has_room() const;

  std::string name_;
  Fd owned_;
  int fd_ = -1;
  Kind kind_ = Kind::kRegular;
  bool regular_ = true;
  bool waits_ = false;
  int error_ = 0;
};

}  // namespace lineman
