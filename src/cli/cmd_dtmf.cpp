#include <algorithm>

#include "command_table.h"

namespace lineman {
namespace {

Result<void> prepare(Command& command) {
  if (auto taken = take_target(command); !taken) return taken;
  const bool reads = !command.phone.actions.empty();
  if (command.words.empty() && !reads) {
    return tl::make_unexpected(
        usage_error(*command.row, "neither DIGITS to send nor --read N to read some"));
  }
  if (!command.words.empty()) {
    const std::string digits = command.words.front();
    command.words.erase(command.words.begin());
    if (auto sent = add_verb(command, "send", {"digits=" + digits}); !sent) return sent;
    // Sent first, whatever the order written: a menu is asked before it answers.
    std::rotate(command.phone.actions.begin(), command.phone.actions.end() - 1,
                command.phone.actions.end());
  }
  return expect_no_words(command).and_then([&] { return add_verb(command, "hangup", {}); });
}

}  // namespace

const CommandRow kDtmfCommand = {
    "dtmf",
    "URI DIGITS | URI --read N [--filter 0-9] [--within D]",
    "call and send or read digits",
    "Calls URI, sends DIGITS (0-9 * # A-D; w 0.5 s, W 1 s and , 2 s are pauses) or reads N of the "
    "other side, which are printed, and hangs up.",
    "lineman dtmf local:answer 1234#\n"
    "lineman dtmf 'local:answer?dtmf=4711' --read 4 --within 10s\n"
    "lineman dtmf sip:600@127.0.0.1 1w2W3 --dtmf-mode inband",
    kDtmf,
    prepare};

}  // namespace lineman
