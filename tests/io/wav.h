// Reads a WAV file strictly, without the library under test: header sizes must fit the file.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "io_test.h"

namespace lineman {

struct Wav {
  bool valid = false;
  int rate = 0, channels = 0;
  std::vector<std::int16_t> samples;
};

inline Wav read_wav(const std::string& path) {
  const std::string b = bytes_of(path);
  const auto number = [&](std::size_t at, int bytes) {
    std::uint32_t n = 0;
    for (int i = 0; i < bytes; ++i) {
      n |= static_cast<std::uint32_t>(
               static_cast<unsigned char>(b[at + static_cast<std::size_t>(i)]))
           << (8 * i);
    }
    return n;
  };
  Wav wav;
  if (b.size() < 44 || b.substr(0, 4) != "RIFF" || b.substr(8, 8) != "WAVEfmt " ||
      b.substr(36, 4) != "data" || number(20, 2) != 1 || number(34, 2) != 16) {
    return wav;
  }
  wav.rate = static_cast<int>(number(24, 4));
  wav.channels = static_cast<int>(number(22, 2));
  const std::size_t size = number(40, 4);
  // A file that grows may have more than its header says, never less.
  wav.valid = number(4, 4) == size + 36 && size + 44 <= b.size() &&
              number(32, 2) == 2U * number(22, 2) && number(28, 4) == number(24, 4) * number(32, 2);
  for (std::size_t at = 44; at + 1 < 44 + size && at + 1 < b.size(); at += 2) {
    wav.samples.push_back(static_cast<std::int16_t>(number(at, 2)));
  }
  return wav;
}

inline std::vector<std::int16_t> ramp(std::size_t n, int from = 0) {
  std::vector<std::int16_t> out(n);
  for (std::size_t i = 0; i < n; ++i) {
    out[i] = static_cast<std::int16_t>(from + static_cast<int>(i) * 7);
  }
  return out;
}

}  // namespace lineman
