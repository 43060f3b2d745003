#include "layout.h"

namespace lineman {

std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
  std::string out;
  std::string line;
  const auto end_line = [&] {
    out += std::string(indent, ' ') + line + "\n";
    line.clear();
  };
  while (!text.empty()) {
    const std::size_t space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
    if (word.empty()) continue;
    if (!line.empty() && indent + line.size() + 1 + word.size() > width) end_line();
    line += (line.empty() ? "" : " ") + std::string(word);
  }
  if (!line.empty()) end_line();
  return out;
}

std::string entry(std::string_view left, std::string_view right, std::size_t column,
                  std::size_t width) {
  std::string out = "  " + std::string(left);
  std::string text = wrapped(right, column, width);
  if (text.empty()) return out + "\n";
  if (out.size() + 2 > column) return out + "\n" + text;
  return out + text.substr(out.size());
}

}  // namespace lineman
