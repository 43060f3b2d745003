// What the tests of io share: a loop with a bound, a directory of their own, bytes of a file.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>

#include "lineman/loop.h"

namespace lineman {

// Turns `loop` until `done`; false after a bound that no healthy machine needs.
inline bool turn_until(Loop& loop, const std::function<bool()>& done) {
  if (done()) return true;  // a stop() outside of run() would end the next one
  bool timed_out = false;
  const auto guard = loop.at(loop.now() + std::chrono::seconds(20), [&] {
    timed_out = true;
    loop.stop();
  });
  Loop::Id next = 0;
  std::function<void()> look = [&] {
    if (done()) return loop.stop();
    next = loop.at(loop.now() + std::chrono::milliseconds(2), look);
  };
  next = loop.at(loop.now(), look);
  // Whoever else stops the loop has not decided whether it is done.
  while (!done() && !timed_out) loop.run();
  loop.cancel(next);
  loop.cancel(guard);
  return done();
}

struct TempDir {
  std::string path;
  TempDir() {
    std::string pattern = ::testing::TempDir() + "/linemanXXXXXX";
    if (mkdtemp(pattern.data())) path = pattern;
  }
  ~TempDir() { std::filesystem::remove_all(path); }
  std::string operator/(const std::string& name) const { return path + "/" + name; }
};

inline std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace lineman
