// The words of a script line, with quotes. Pure.
//
//   line   = *blank word *(1*blank word) *blank
//   word   = 1*(plain / 'anything but a quote' / "anything, with \" \\ \n \r \t")
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lineman/result.h"

namespace lineman {

struct LineWord {
  std::string text;
  std::size_t column = 1;  // of its first character, in bytes
};
Result<std::vector<LineWord>> split_words(std::string_view line);
std::string quote_word(std::string_view word);  // only when it needs it

}  // namespace lineman
