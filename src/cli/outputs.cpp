#include "outputs.h"

namespace lineman {

Outputs::Outputs(const Command& command, bool colour) : command_(command) {
  streams_.colour = colour;
  const OutputOptions& out = command.out;
  sinks_.push_back(make_text_sink(streams_, command));
  if (out.json || !out.events.empty()) sinks_.push_back(make_json_sink(streams_, command));
  sinks_.push_back(make_answer_sink(streams_, command));
  if (out.github) sinks_.push_back(make_github_sink(streams_));
  if (!out.junit.empty()) sinks_.push_back(make_junit_sink(streams_, command));
  for (const auto& sink : sinks_) hooks_.sinks.push_back(sink.get());
  hooks_.open = [this](Writer& writer, const EventEpoch& epoch) { return open(writer, epoch); };
  hooks_.log = [this](const std::string& line) { streams_.say(line); };
}

Result<void> Outputs::open(Writer& writer, const EventEpoch& epoch) {
  streams_.writer = &writer;
  streams_.epoch = epoch;
  // Without a stderr nobody wants to be told.
  if (auto err = writer.open_lines("fd:2", [](const std::string&) {})) {
    streams_.err = *err;
    told_verdict_ = true;
  }
  if (command_.out.uses_stdout()) {
    auto out = writer.open_lines("-", [this](const std::string& why) {
      stdout_lost_ = true;
      streams_.say("warning: " + why + "; the rest of it is lost");
    });
    if (!out) return tl::make_unexpected(out.error());
    streams_.out = *out;
  }
  for (const auto& sink : sinks_) {
    if (auto opened = sink->open(streams_); !opened) return opened;
  }
  return {};
}

}  // namespace lineman
