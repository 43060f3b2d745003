#include "verb_line.h"

namespace lineman {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

char escaped(char c) {
  switch (c) {
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return c;
  }
}

}  // namespace

Result<std::vector<LineWord>> split_words(std::string_view line) {
  std::vector<LineWord> words;
  std::size_t at = 0;
  while (true) {
    while (at < line.size() && is_blank(line[at])) ++at;
    if (at == line.size()) return words;
    LineWord word{"", at + 1};
    while (at < line.size() && !is_blank(line[at])) {
      const char quote = line[at];
      if (quote != '\'' && quote != '"') {
        word.text += line[at++];
        continue;
      }
      const std::size_t opened = at++;
      while (at < line.size() && line[at] != quote) {
        if (quote == '"' && line[at] == '\\' && at + 1 < line.size()) {
          word.text += escaped(line[++at]);
        } else {
          word.text += line[at];
        }
        ++at;
      }
      if (at == line.size()) {
        return fail(ErrorCode::kUsage, "column " + std::to_string(opened + 1) + ": the quote " +
                                           std::string(1, quote) + " is never closed");
      }
      ++at;
    }
    words.push_back(std::move(word));
  }
}

std::string quote_word(std::string_view word) {
  bool plain = !word.empty();
  bool single = true;
  for (const char c : word) {
    if (is_blank(c) || c == '\'' || c == '"' || c == '\\') plain = false;
    if (c == '\'' || c == '\n' || c == '\r' || c == '\t') single = false;
  }
  if (plain) return std::string(word);
  if (single) return "'" + std::string(word) + "'";
  std::string quoted = "\"";
  for (const char c : word) {
    switch (c) {
      case '"': quoted += "\\\""; break;
      case '\\': quoted += "\\\\"; break;
      case '\n': quoted += "\\n"; break;
      case '\r': quoted += "\\r"; break;
      case '\t': quoted += "\\t"; break;
      default: quoted += c;
    }
  }
  return quoted + "\"";
}

}  // namespace lineman
