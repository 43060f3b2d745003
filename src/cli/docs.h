// The files that follow from the tables: the man page and the completions of three shells. They are
// made by scripts/gen_docs and committed. Pure.
#pragma once

#include <string>

namespace lineman {

std::string man_page();
std::string bash_completion();
std::string zsh_completion();
std::string fish_completion();

}  // namespace lineman
