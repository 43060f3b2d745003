// What `lineman help` says, from the tables of commands, options, verbs, events and exit codes.
// Pure.
#pragma once

#include <string>

#include "option_table.h"

namespace lineman {

std::string help_overview();
std::string help_command(const CommandRow& command);
std::string help_verb(const VerbRow& verb);
std::string help_exit();
std::string help_fields();
std::string help_events();
std::string help_local();

// "-v, --verbose", "--duration D"
std::string option_left(const OptionRow& row);
// The help and, where there is one, the default.
std::string option_right(const OptionRow& row);

// Fields of the result with their help, in order.
struct FieldHelp {
  std::string path, help;
};
std::vector<FieldHelp> field_helps();

}  // namespace lineman
