// Events as JSON lines. The newest possible result waits at the Writer, for the case that nobody
// is left who could write it.
#include "lineman/version.h"
#include "outputs.h"

namespace lineman {
namespace {

class JsonSink final : public OutputSink {
 public:
  JsonSink(Streams& streams, const Command& command) : streams_(streams), command_(command) {}

  Result<void> open(Streams& streams) override {
    if (command_.out.json) lines_.push_back(*streams.out);
    for (const std::string& where : command_.out.events) {
      auto line = streams.writer->open_lines(where, [this, where](const std::string& why) {
        streams_.say("warning: --events " + where + ": " + why);
      });
      if (!line) return tl::make_unexpected(line.error());
      lines_.push_back(*line);
    }
    known_.call.exit = Exit::kInternal;
    known_.call.verdict = verdict_name(Exit::kInternal);
    known_.call.causes = {"lineman hung and was ended by its watchdog"};
    known_.version = kVersion;
    known_.seed = command_.phone.seed.value_or(0);
    leave_last_words(streams.epoch.start);
    return {};
  }

  void on_event(const Event& event) override {
    if (lines_.empty()) return;
    const auto* call = std::get_if<event::CallResult>(&event.body);
    const bool reserved = call != nullptr || std::holds_alternative<event::Result>(event.body);
    std::string line = event_json(event, seq_++, streams_.epoch);
    for (std::size_t i = 0; i + 1 < lines_.size(); ++i) {
      streams_.writer->write_line(lines_[i], line, reserved);
    }
    streams_.writer->write_line(lines_.back(), std::move(line), reserved);
    if (call == nullptr) return;
    take(call->result);
    leave_last_words(event.time);
  }

 private:
  // As the phone will do it: the first failure in call order is the verdict.
  void take(const CallResult& result) {
    const bool first = known_.calls++ == 0;
    (result.exit == Exit::kOk ? known_.calls_ok : known_.calls_failed)++;
    if (first || known_.call.exit == Exit::kOk) known_.call = result;
  }
  void leave_last_words(TimePoint now) {
    Event last;
    last.time = now;
    last.body = event::Result{known_};
    streams_.writer->set_last_words(lines_.front(), event_json(last, seq_, streams_.epoch),
                                    static_cast<int>(known_.call.exit));
  }

  Streams& streams_;
  const Command& command_;
  std::vector<Writer::LineId> lines_;
  std::uint64_t seq_ = 1;
  ProcessResult known_;
};

}  // namespace

std::unique_ptr<OutputSink> make_json_sink(Streams& streams, const Command& command) {
  return std::make_unique<JsonSink>(streams, command);
}

std::string result_json(const ProcessResult& result, const EventEpoch& epoch) {
  Event event;
  event.time = epoch.start;
  event.body = event::Result{result};
  return event_json(event, 1, epoch);
}

}  // namespace lineman
