#include "command_table.h"

namespace lineman {
namespace {

Result<void> prepare(Command& command) {
  if (auto taken = take_target(command); !taken) return taken;
  if (command.words.empty()) {
    return tl::make_unexpected(usage_error(*command.row, "no SRC: what is to be played?"));
  }
  std::vector<std::string> words;
  for (const std::string& source : command.words) words.push_back("source=" + source);
  command.words.clear();
  return add_verb(command, "play", words).and_then([&] { return add_verb(command, "hangup", {}); });
}

}  // namespace

const CommandRow kPlayCommand = {
    "play",
    "URI SRC...",
    "call, play, hang up",
    "Calls URI, plays every SRC one after the other without a gap, and hangs up. SRC is a file "
    "(anything libsndfile reads, at any rate), tone:HZ,D[,LEVEL], silence:D, or - (raw signed "
    "16-bit little-endian at 8 kHz on stdin).",
    "lineman play local:answer tone:440,0.5s silence:0.5s tone:880,0.5s,-12dB\n"
    "lineman play sip:600@127.0.0.1 hello.wav",
    kPlay,
    prepare};

}  // namespace lineman
