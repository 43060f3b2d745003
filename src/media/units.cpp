#include "units.h"

#include <cstdlib>
#include <string>

namespace lineman {
namespace {

bool strip(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

}  // namespace

// By hand: strtod follows the locale, and takes "inf", "0x1p3" and "1e400".
std::optional<double> read_number(std::string_view text) {
  double value = 0, place = 1;
  bool digits = false, point = false;
  for (const char c : text) {
    if (c == '.' && !point) {
      point = true;
      continue;
    }
    if (c < '0' || c > '9') return std::nullopt;
    digits = true;
    value = value * 10 + (c - '0');
    if (point) place *= 10;
    if (value > 1e15) return std::nullopt;
  }
  if (!digits) return std::nullopt;
  return value / place;
}

std::optional<Duration> read_duration(std::string_view text) {
  double ms = 0;
  if (strip(text, "ms")) {
    ms = 1;
  } else if (strip(text, "s")) {
    ms = 1000;
  } else {
    return std::nullopt;
  }
  const auto number = read_number(text);
  if (!number || *number * ms > 86'400'000) return std::nullopt;
  return from_ms(*number * ms);
}

std::optional<double> read_percentage(std::string_view text) {
  if (!strip(text, "%")) return std::nullopt;
  const auto number = read_number(text);
  if (!number || *number > 100) return std::nullopt;
  return *number / 100;
}

}  // namespace lineman
