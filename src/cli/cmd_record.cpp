#include "command_table.h"

namespace lineman {
namespace {

Result<void> prepare(Command& command) {
  if (auto taken = take_target(command); !taken) return taken;
  if (command.words.empty()) {
    return tl::make_unexpected(usage_error(*command.row, "no FILE: where does the sound go?"));
  }
  if (command.words.front() == "-") command.stdout_options.emplace_back("FILE -");
  const VerbDetails& details = command.details;
  std::vector<std::string> words = {"file=" + command.words.front(), "wait=yes"};
  command.words.erase(command.words.begin());
  if (details.max) words.push_back("max=" + duration_text(*details.max));
  if (details.min) words.push_back("min=" + duration_text(*details.min));
  if (details.until) words.push_back("until=" + *details.until);
  return expect_no_words(command)
      .and_then([&] { return add_verb(command, "record", words); })
      .and_then([&] { return add_verb(command, "hangup", {}); });
}

}  // namespace

const CommandRow kRecordCommand = {
    "record",
    "URI FILE [--max D] [--min D] [--until dtmf:#|silence:2s|hangup]",
    "call and record what is heard",
    "Calls URI, records what is heard into FILE (WAV; - is raw signed 16-bit little-endian on "
    "stdout) until the other side hangs up, --max or --until, and hangs up. A recording shorter "
    "than --min fails.",
    "lineman record 'local:answer?play=tone:440,2s' /tmp/heard.wav --max 2s\n"
    "lineman record sip:600@127.0.0.1 message.wav --max 30s --min 1s --until silence:3s",
    kRecord,
    prepare};

}  // namespace lineman
