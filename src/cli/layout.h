// Text for a terminal of 80 columns. Pure.
#pragma once

#include <string>
#include <string_view>

namespace lineman {

// Lines of at most `width` columns, each indented, with a final newline.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t width = 80);
// "  --duration D      hang up ...": the help starts at `column`, on the next line when the left
// part is too long.
std::string entry(std::string_view left, std::string_view right, std::size_t column,
                  std::size_t width = 80);

}  // namespace lineman
