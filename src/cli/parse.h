// The command line. Pure: what it needs from outside comes in Environment.
//
//   words ─► command row ─► CLI11 (options of that command) ─► rows' apply(), in the order written
//         ─► prepare() of the command ─► checks across options ─► Command
#pragma once

#include <span>
#include <string>

#include "command.h"

namespace lineman {

// `words` without the program's name. An error is one line (usage and example may follow) that
// names the thing and the cure; kUnsupported for what is not built in.
Result<Command> parse_command_line(std::span<const std::string> words,
                                   const Environment& environment);

}  // namespace lineman
