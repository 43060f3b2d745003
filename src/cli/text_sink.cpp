// Narration on stderr, and annotations for GitHub Actions.
#include "command_table.h"
#include "lineman/text.h"
#include "outputs.h"

namespace lineman {
namespace {

LogLevel level_of(const EventBody& body) {
  using namespace event;
  if (std::holds_alternative<event::Result>(body)) return LogLevel::kError;
  if (std::holds_alternative<Warning>(body) || std::holds_alternative<ExpectFailed>(body) ||
      std::holds_alternative<RegisterFailed>(body)) {
    return LogLevel::kWarning;
  }
  const bool detail =
      std::holds_alternative<event::MediaStats>(body) ||
      std::holds_alternative<MediaStarted>(body) || std::holds_alternative<MediaFirstRtp>(body) ||
      std::holds_alternative<DtmfSent>(body) || std::holds_alternative<ToneDetected>(body) ||
      std::holds_alternative<SpeechStarted>(body) || std::holds_alternative<SpeechEnded>(body) ||
      std::holds_alternative<ExpectPassed>(body);
  return detail ? LogLevel::kDebug : LogLevel::kInfo;
}

class TextSink final : public OutputSink {
 public:
  TextSink(Streams& streams, const Command& command)
      : streams_(streams),
        level_(command.out.level),
        json_(command.out.json),
        calls_((command.row->bit & (kCallers | kOptions)) != 0),
        calls_one_((command.row->bit & kCallers) != 0 && command.phone.count <= 1) {}

  Result<void> open(Streams& streams) override {
    if (json_ || !streams.err) return {};
    streams.writer->set_last_words(*streams.err,
                                   "INTERNAL (70): lineman hung; ended by its watchdog",
                                   static_cast<int>(Exit::kInternal));
    return {};
  }

  void on_event(const Event& event) override {
    if (const auto* call = std::get_if<event::CallResult>(&event.body)) last_words(*call, event);
    if (level_of(event.body) > level_ || (level_ < LogLevel::kDebug && is_needless(event.body))) {
      return;
    }
    const bool verdict = std::holds_alternative<event::Result>(event.body);
    std::string text = event_text(event, streams_.epoch);
    if (text.empty()) return;
    if (streams_.colour) text = coloured(std::move(text), event.body);
    streams_.say(text, verdict);
  }

 private:
  // To who calls: where the call comes from; and a refusal that is the verdict too.
  bool is_needless(const EventBody& body) const {
    if (std::holds_alternative<event::AppReady>(body)) return calls_;
    const auto* call = std::get_if<event::CallResult>(&body);
    return calls_one_ && call != nullptr && call->result.status != "answered";
  }
  void last_words(const event::CallResult& call, const Event& event) {
    if (json_ || !streams_.err) return;
    if (worst_ == Exit::kOk) worst_ = call.result.exit;
    streams_.writer->set_last_words(*streams_.err, event_text(event, streams_.epoch),
                                    static_cast<int>(worst_));
  }
  static std::string coloured(std::string text, const EventBody& body) {
    const auto* result = std::get_if<event::Result>(&body);
    if (result != nullptr) {
      const bool ok = result->result.call.exit == Exit::kOk;
      return (ok ? "\033[1;32m" : "\033[1;31m") + text + "\033[0m";
    }
    return level_of(body) == LogLevel::kWarning ? "\033[33m" + text + "\033[0m" : text;
  }

  Streams& streams_;
  LogLevel level_;
  bool json_;
  bool calls_, calls_one_;
  Exit worst_ = Exit::kOk;
};

// A workflow command ends with its line and knows %-escapes for that.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    if (c == '%') {
      out += "%25";
    } else {
      out += c;
    }
  }
  return out;
}

class GithubSink final : public OutputSink {
 public:
  explicit GithubSink(Streams& streams) : streams_(streams) {}

  void on_event(const Event& event) override {
    if (const auto* warning = std::get_if<event::Warning>(&event.body)) {
      streams_.say("::warning title=lineman::" + escaped(warning->text));
    } else if (const auto* failed = std::get_if<event::ExpectFailed>(&event.body)) {
      streams_.say("::error title=lineman expectation::" + escaped(failed->expectation) +
                       (failed->actual.empty() ? " (there is no value)"
                                               : " (is " + escaped(failed->actual) + ")"),
                   true);
    } else if (const auto* result = std::get_if<event::Result>(&event.body)) {
      if (result->result.call.exit == Exit::kOk) return;
      streams_.say("::error title=lineman::" + escaped(event_row(event.body).text(event.body)),
                   true);
    }
  }

 private:
  Streams& streams_;
};

}  // namespace

std::unique_ptr<OutputSink> make_text_sink(Streams& streams, const Command& command) {
  return std::make_unique<TextSink>(streams, command);
}
std::unique_ptr<OutputSink> make_github_sink(Streams& streams) {
  return std::make_unique<GithubSink>(streams);
}

}  // namespace lineman
