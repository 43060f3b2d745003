#include "digits.h"

#include <fmt/format.h>

#include <charconv>

#include "lineman/text.h"

namespace lineman {
namespace {

constexpr int kDefaultMs = 100, kLongestMs = 10000;

std::optional<char> digit_of(std::string_view text) {
  if (text == "10") return '*';
  if (text == "11") return '#';
  if (text.size() != 1) return std::nullopt;
  char c = text[0];
  if (c >= 'a' && c <= 'd') c = static_cast<char>(c - 'a' + 'A');
  constexpr std::string_view kDigits = "0123456789*#ABCD";
  if (kDigits.find(c) == std::string_view::npos) return std::nullopt;
  return c;
}

}  // namespace

bool is_digit_type(std::string_view type) {
  return iequals(type, "application/dtmf-relay") || iequals(type, "application/dtmf");
}

std::optional<leg_event::Digit> parse_info_digit(std::string_view content_type,
                                                 std::string_view body) {
  std::optional<char> digit;
  int ms = kDefaultMs;
  if (iequals(content_type, "application/dtmf")) {
    digit = digit_of(trim(body));
  } else {
    for (const auto line : split(body, '\n')) {
      const auto equals = line.find('=');
      if (equals == std::string_view::npos) continue;
      const auto name = trim(line.substr(0, equals));
      const auto value = trim(line.substr(equals + 1));
      if (iequals(name, "signal")) digit = digit_of(value);
      if (iequals(name, "duration")) std::from_chars(value.data(), value.data() + value.size(), ms);
    }
  }
  if (!digit) return std::nullopt;
  if (ms <= 0 || ms > kLongestMs) ms = kDefaultMs;
  return leg_event::Digit{*digit, std::chrono::milliseconds(ms)};
}

Body format_info_digit(char digit, Duration length) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(length).count();
  return {"application/dtmf-relay", fmt::format("Signal={}\r\nDuration={}\r\n", digit, ms)};
}

}  // namespace lineman
