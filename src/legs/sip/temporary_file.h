// TemporaryFile: a few bytes that a library wants as a path; in memory when /proc shows it, so that
// it works in an empty, read-only container. Control thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "lineman/result.h"

namespace lineman {

class TemporaryFile {
 public:
  static Result<std::unique_ptr<TemporaryFile>> with(std::string_view text);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  TemporaryFile() = default;
  int fd_ = -1;
  bool named_ = false;
  std::string path_;
};

}  // namespace lineman
