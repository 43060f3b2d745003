// One run of the program: words in, exit code out. main() adds what stops exceptions.
#pragma once

#include <string>
#include <vector>

namespace lineman {

// May leave by _exit when something inside did not end in time.
int run_program(const std::vector<std::string>& words);

}  // namespace lineman
