#include "command_table.h"

namespace lineman {
namespace {

Result<void> prepare(Command& command) {
  command.phone.mode = PhoneOptions::Mode::kAnswer;
  if (command.echo_delay > std::chrono::seconds(2)) {
    return fail(ErrorCode::kUsage, "--delay: is more than 2s");
  }
  command.phone.actions.push_back(verb::Echo{command.echo_delay});
  return expect_no_words(command);
}

}  // namespace

const CommandRow kEchoCommand = {
    "echo",
    "[--delay D] [-- CMD...]",
    "answer every call and send back what is heard",
    "The far end of a test: answers everything and sends the sound back, until stopped, after "
    "--count calls, or until CMD ends.",
    "lineman echo --listen 127.0.0.1:5070\n"
    "lineman echo -- sh -c 'lineman check $LINEMAN_URI'\n"
    "lineman echo --delay 500ms --count 1 --timeout 1m",
    kEcho,
    prepare};

}  // namespace lineman
