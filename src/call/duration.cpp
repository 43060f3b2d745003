// Durations and digit strings as people write them.
#include <algorithm>
#include <array>
#include <cctype>

#include "lineman/text.h"
#include "lineman/verb.h"

namespace lineman {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t nanoseconds;
};
constexpr std::array kUnits = {Unit{"h", 3'600'000'000'000}, Unit{"m", 60'000'000'000},
                               Unit{"s", 1'000'000'000}, Unit{"ms", 1'000'000}};
// Over a year, and far enough from the end of the clock that a deadline can be added to it.
constexpr std::int64_t kMost = 10'000 * kUnits[0].nanoseconds;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

tl::unexpected<Error> bad(std::string_view text, std::string_view why) {
  return fail(ErrorCode::kUsage, "duration '" + printable(text) + "' " + std::string(why));
}

// The decimal places of a number of `unit`s, rounded down to whole nanoseconds. From the last place
// to the first, so that nothing overflows however many there are.
std::int64_t fraction(std::string_view places, std::int64_t unit) {
  std::int64_t sum = 0;
  for (auto c = places.rbegin(); c != places.rend(); ++c) sum = ((*c - '0') * unit + sum) / 10;
  return sum;
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  constexpr std::string_view kNeedsUnit =
      "needs a number and a unit (h, m, s, ms), for example 500ms, 2s or 1m30s";
  if (text.empty()) return bad(text, kNeedsUnit);
  if (text[0] == '-') return bad(text, "is negative: write it without the sign, for example 2s");
  std::int64_t sum = 0;
  std::size_t at = 0;
  std::size_t next_unit = 0;  // units go from large to small, each once
  bool had_fraction = false;
  while (at < text.size()) {
    std::size_t end = at;
    std::int64_t whole = 0;
    for (; end < text.size() && is_digit(text[end]); ++end) {
      if (whole > kMost) return bad(text, "is too long: at most 10000h");
      whole = whole * 10 + (text[end] - '0');
    }
    if (end == at) return bad(text, kNeedsUnit);
    std::string_view places;
    if (end < text.size() && text[end] == '.') {
      const std::size_t first = ++end;
      while (end < text.size() && is_digit(text[end])) ++end;
      places = text.substr(first, end - first);
      if (places.empty()) return bad(text, "has no digit after the point, for example 0.5s");
    }
    const std::size_t name_at = end;
    while (end < text.size() && std::isalpha(static_cast<unsigned char>(text[end])) != 0) ++end;
    const std::string_view name = text.substr(name_at, end - name_at);
    if (name.empty() && end == text.size()) {
      return bad(text, "has no unit: write " + printable(text) + "s or " + printable(text) + "ms");
    }
    if (had_fraction) return bad(text, "has a fraction before its last part, for example 1m30s");
    had_fraction = !places.empty();
    std::size_t unit = 0;
    while (unit < kUnits.size() && kUnits[unit].name != name) ++unit;
    if (unit == kUnits.size()) {
      return bad(text, "has the unknown unit '" + printable(name) +
                           "': use h, m, s or ms, for example 1m30s");
    }
    if (unit < next_unit) return bad(text, "must go from h to m to s to ms, for example 1m30s");
    next_unit = unit + 1;
    const std::int64_t size = kUnits[unit].nanoseconds;
    if (whole > (kMost - sum) / size) return bad(text, "is too long: at most 10000h");
    sum += whole * size + fraction(places, size);
    at = end;
  }
  if (sum > kMost) return bad(text, "is too long: at most 10000h");
  return Duration(sum);
}

std::string duration_text(Duration d) {
  if (d < Duration::zero()) return "-" + duration_text(-std::max(d, -Duration::max()));
  std::int64_t left = d.count();
  std::string text;
  const auto whole = [&](const Unit& unit) {
    if (left < unit.nanoseconds) return;
    text += std::to_string(left / unit.nanoseconds) + std::string(unit.name);
    left %= unit.nanoseconds;
  };
  whole(kUnits[0]);
  whole(kUnits[1]);
  if (left == 0) return text.empty() ? "0s" : text;
  // What is left is under a minute: seconds, or milliseconds below one second, as a decimal.
  const Unit& unit = left < kUnits[2].nanoseconds ? kUnits[3] : kUnits[2];
  text += std::to_string(left / unit.nanoseconds);
  std::string places = std::to_string(unit.nanoseconds + left % unit.nanoseconds).substr(1);
  while (!places.empty() && places.back() == '0') places.pop_back();
  if (!places.empty()) text += "." + places;
  return text + std::string(unit.name);
}

Result<std::string> parse_digits(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'd') || (c >= 'A' && c <= 'D');
    if (!letter && (c == '\0' || std::string_view("0123456789*#wW,").find(c) == text.npos)) {
      return fail(ErrorCode::kUsage,
                  "'" + printable(std::string_view(&c, 1)) + "' in '" + printable(text) +
                      "' is not a digit: use 0-9 * # A-D, and w (0.5 s), W (1 s) "
                      "or , (2 s) for pauses");
    }
    digits += letter && c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  if (digits.empty()) {
    return fail(ErrorCode::kUsage, "no digits: use 0-9 * # A-D, for example 1234#");
  }
  return digits;
}

}  // namespace lineman
