#include "lineman/text.h"

#include <algorithm>
#include <cstdint>

namespace lineman {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_prefix(std::string_view prefix, std::string_view text) {
  return !prefix.empty() && prefix.size() <= text.size() &&
         iequals(prefix, text.substr(0, prefix.size()));
}

// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours. Case is
// not a difference.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last, last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitution = lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + substitution});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
          lower(a[i - 2]) == lower(b[j - 1]))
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last = last;
    last = row;
  }
  return last[b.size()];
}

struct Step {
  std::size_t size = 1;
  bool valid = false;
  char32_t point = 0;
};

// The code point `text` (not empty) begins with. When invalid, `size` is the maximal subpart that
// one replacement character stands for (Unicode 15, section 3.9, table 3-7).
Step decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(0);
  if (first < 0x80) return {1, true, first};
  std::size_t length = 0;
  std::uint8_t low = 0x80, high = 0xBF;  // of the second byte
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2;
  } else if (first >= 0xE0 && first <= 0xEF) {
    length = 3;
    if (first == 0xE0) low = 0xA0;   // no overlong forms
    if (first == 0xED) high = 0x9F;  // no surrogates
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4;
    if (first == 0xF0) low = 0x90;
    if (first == 0xF4) high = 0x8F;  // nothing above U+10FFFF
  } else {
    return {};
  }
  char32_t point = first & (0xFFu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i, low = 0x80, high = 0xBF) {
    if (i >= text.size() || byte(i) < low || byte(i) > high) return {i, false, 0};
    point = point << 6 | (byte(i) & 0x3F);
  }
  return {length, true, point};
}

// What a terminal would act on rather than show: C0, DEL, C1, line separators, and the controls of
// writing direction, which can make a line read as another.
bool acts_on_terminal(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069) || c == 0x200E || c == 0x200F || c == 0x061C;
}

}  // namespace

std::vector<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates,
                                 std::size_t most) {
  struct Hit {
    std::size_t rank;  // prefix matches 0, else the distance
    const std::string* text;
  };
  std::vector<Hit> hits;
  const std::string_view head = word.substr(0, 64);  // a longer word is like none of ours
  for (const std::string& candidate : candidates) {
    if (is_prefix(word, candidate)) {
      hits.push_back({0, &candidate});
    } else if (head.size() == word.size()) {
      const std::size_t apart = distance(word, candidate);
      const std::size_t longer = std::max(word.size(), candidate.size());
      if (longer >= 2 && apart <= std::max<std::size_t>(1, longer / 3))
        hits.push_back({std::max<std::size_t>(1, apart), &candidate});
    }
  }
  std::stable_sort(hits.begin(), hits.end(),
                   [](const Hit& a, const Hit& b) { return a.rank < b.rank; });
  std::vector<std::string> out;
  for (const Hit& hit : hits) {
    if (out.size() >= most) break;
    if (std::find(out.begin(), out.end(), *hit.text) == out.end()) out.push_back(*hit.text);
  }
  return out;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  const std::vector<std::string> near = nearest(word, candidates);
  std::string out;
  for (std::size_t i = 0; i < near.size(); ++i) {
    out += i == 0 ? ", did you mean '" : i + 1 == near.size() ? " or '" : ", '";
    out += near[i] + "'";
  }
  return out.empty() ? out : out + "?";
}

std::string repair_utf8(std::string_view untrusted) {
  std::string out;
  out.reserve(untrusted.size());
  while (!untrusted.empty()) {
    const Step step = decode(untrusted);
    out += step.valid ? untrusted.substr(0, step.size) : std::string_view("\xEF\xBF\xBD");
    untrusted.remove_prefix(step.size);
  }
  return out;
}

std::string printable(std::string_view untrusted) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  out.reserve(untrusted.size());
  while (!untrusted.empty()) {
    const Step step = decode(untrusted);
    const std::string_view bytes = untrusted.substr(0, step.size);
    if (step.valid && !acts_on_terminal(step.point)) {
      out += bytes;
    } else {
      for (const char c : bytes) {
        const auto value = static_cast<std::uint8_t>(c);
        out += {'\\', 'x', kHex[value >> 4], kHex[value & 15]};
      }
    }
    untrusted.remove_prefix(step.size);
  }
  return out;
}

bool iequals(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  for (;;) {
    const std::size_t at = text.find(separator);
    out.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return out;
    text.remove_prefix(at + 1);
  }
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace lineman
