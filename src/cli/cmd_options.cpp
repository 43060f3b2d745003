#include "command_table.h"

namespace lineman {
namespace {

Result<void> prepare(Command& command) {
  command.phone.mode = PhoneOptions::Mode::kProbe;
  return take_target(command).and_then([&] { return expect_no_words(command); });
}

}  // namespace

const CommandRow kOptionsCommand = {
    "options",
    "URI",
    "is it reachable, and what does it support?",
    "Sends an OPTIONS request without a call: round trip, what the other side is and supports.",
    "lineman options sip:127.0.0.1:5060\n"
    "lineman options sip:pbx.example.com --transport tcp --json",
    kOptions,
    prepare};

}  // namespace lineman
