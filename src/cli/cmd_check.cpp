#include "command_table.h"

namespace lineman {
namespace {

using namespace std::chrono_literals;

// The test tone of the telephone network (ITU-T O.22, near 1 kHz and no divisor of 8 kHz): nothing
// that a network itself says, such as dial or busy tone, is mistaken for it.
constexpr double kTestTone = 1004;
constexpr double kTestLevel = -12;
constexpr Duration kTestLength = 3s;

Result<void> prepare(Command& command) {
  command.phone.check = true;
  SourceSpec tone;
  tone.kind = SourceSpec::Kind::kTone;
  tone.hz = kTestTone;
  tone.level_db = kTestLevel;
  tone.length = kTestLength;
  command.phone.actions = {verb::Play{{tone}, false}, verb::Hangup{}};
  command.out.check_report = true;
  return take_target(command).and_then([&] { return expect_no_words(command); });
}

}  // namespace

const CommandRow kCheckCommand = {
    "check",
    "URI",
    "smoke test: does a call work, both ways?",
    "Calls URI, sends a tone of 1004 Hz for 3 s, listens, hangs up, and prints a verdict: what "
    "came "
    "back, loss, delay, quality, whether the other side heard us, and what is wrong when something "
    "is. Audio has to be proven: without it the exit code is 11.",
    "lineman check local:echo\n"
    "lineman check sip:600@127.0.0.1\n"
    "lineman echo -- sh -c 'lineman check $LINEMAN_URI'",
    kCheck,
    prepare};

}  // namespace lineman
