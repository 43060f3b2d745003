// The commands: what a shell sees. A command is one file and one row; `lineman help`, the man page
// and the completions follow from the rows. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "command.h"
#include "lineman/sip_uri.h"

namespace lineman {

// Bits of OptionRow::commands.
enum CommandBit : unsigned {
  kDial = 1,
  kAnswer = 2,
  kPlay = 4,
  kRecord = 8,
  kEcho = 16,
  kDtmf = 32,
  kCheck = 64,
  kOptions = 128,
  kRegister = 256,
  kCallers = kDial | kPlay | kRecord | kDtmf | kCheck,
  kTakers = kAnswer | kEcho,
  kCalls = kCallers | kTakers,
  kAllPhone = kCalls | kOptions | kRegister,
};

extern const CommandRow kDialCommand, kAnswerCommand, kPlayCommand, kRecordCommand, kEchoCommand,
    kDtmfCommand, kCheckCommand, kOptionsCommand, kRegisterCommand, kExplainCommand,
    kVersionCommand, kHelpCommand, kGenDocsCommand;

const std::vector<const CommandRow*>& command_table();  // in the order of help, hidden ones last
const CommandRow* find_command(std::string_view name);
std::vector<std::string> command_names();  // without hidden ones

// For commands: takes the first word as the URI, which is checked. The usage error of a missing one
// has an example.
Result<void> take_target(Command& command);
// One verb from its positional words, then name=value words.
Result<void> add_verb(Command& command, std::string_view verb,
                      const std::vector<std::string>& words);
// A SIP URI from a person. A password in it is refused, and not repeated.
Result<SipUri> parse_typed_uri(const std::string& text);
// No words are left.
Result<void> expect_no_words(const Command& command);
Error usage_error(const CommandRow& row, const std::string& what);

}  // namespace lineman
