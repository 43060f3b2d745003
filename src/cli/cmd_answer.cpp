#include "command_table.h"

namespace lineman {
namespace {

Result<void> prepare(Command& command) {
  command.phone.mode = PhoneOptions::Mode::kAnswer;
  return expect_no_words(command);
}

}  // namespace

const CommandRow kAnswerCommand = {
    "answer",
    "[ACTIONS] [-- CMD...]",
    "answer calls and do things in them",
    "Waits for calls and runs the actions in each. Listens on 127.0.0.1 and a free port, which is "
    "printed, unless --listen names an address. Ends by a signal, after --count calls, or with "
    "CMD, which is run once calls can come, with LINEMAN_URI set to where.",
    "lineman answer --listen 127.0.0.1:5070 --play tone:440,2s --hangup\n"
    "lineman answer --read 4 --hangup -- sh -c 'lineman dtmf $LINEMAN_URI 1234'\n"
    "lineman answer --reject 486 --count 1 --timeout 30s",
    kAnswer,
    prepare};

}  // namespace lineman
