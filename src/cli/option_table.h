// The one list of options. The parser, --help, the man page and the completions of three shells all
// follow from its rows. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "command_table.h"

namespace lineman {

struct OptionRow {
  std::string_view name;      // "--play"
  std::string_view alias;     // "-v"; mostly empty
  std::string_view argument;  // "SRC"; empty: a flag
  std::string fallback;       // default, as text; empty: none
  std::string help;
  std::string_view group;
  unsigned commands = 0;  // CommandBits
  // What a completion offers, separated by '|'. A FILE or SRC is completed as a file.
  std::string choices;
  // In the order written. An error says what is wrong with the value; the parser names the option.
  Result<void> (*apply)(Command& command, const OptionRow& row, const std::string& value) = nullptr;
  bool hidden = false;  // known only to be refused

  bool takes_file() const { return argument == "FILE" || argument == "SRC"; }
  bool is_for(const CommandRow& command) const { return (commands & command.bit) != 0; }
};

const std::vector<OptionRow>& option_table();  // by group, in the order of help
const OptionRow* find_option(std::string_view name);
std::vector<std::string> option_names(const CommandRow& command);  // without hidden ones

// The parts of the list, one file each.
void add_action_options(std::vector<OptionRow>& to);
void add_call_options(std::vector<OptionRow>& to);
void add_sip_options(std::vector<OptionRow>& to);
void add_media_options(std::vector<OptionRow>& to);
void add_output_options(std::vector<OptionRow>& to);

}  // namespace lineman
