#include "command_table.h"

namespace lineman {
namespace {

Result<void> prepare(Command& command) {
  return take_target(command).and_then([&] { return expect_no_words(command); });
}

}  // namespace

const CommandRow kDialCommand = {
    "dial",
    "URI [ACTIONS]",
    "place a call and do things in it",
    "Calls URI and runs the actions in the order written, from the answer on. The end of the "
    "actions is not the end of the call: it ends by --hangup, by --duration, by the other side, by "
    "a signal, or after --max-call when nobody sits at a terminal.",
    "lineman dial local:echo --play tone:440,2s --hangup\n"
    "lineman dial sip:600@127.0.0.1 --wait 1s --dtmf 1234# --record heard.wav --duration 10s\n"
    "lineman dial local:answer --json --play tone:440,1s --hangup --expect 'setup_ms=..500'",
    kDial,
    prepare};

}  // namespace lineman
