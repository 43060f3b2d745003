// What a script asked for on stdout: fields of the result, digits, the report of `check`.
#include "check_report.h"
#include "lineman/text.h"
#include "outputs.h"

namespace lineman {
namespace {

class AnswerSink final : public OutputSink {
 public:
  AnswerSink(Streams& streams, const Command& command) : streams_(streams), options_(command.out) {
    if (!options_.check_report || command.phone.actions.empty()) return;
    if (const auto* play = std::get_if<verb::Play>(&command.phone.actions.front())) {
      tone_ = play->sources.front().hz;
    }
  }

  void on_event(const Event& event) override {
    if (!streams_.out) return;
    if (const auto* call = std::get_if<event::CallResult>(&event.body)) {
      calls_++;
      if (options_.digits && call->result.status == "answered") line(call->result.digits);
      if (options_.check_report) report(call->result);
    } else if (const auto* result = std::get_if<event::Result>(&event.body)) {
      if (options_.check_report && calls_ == 0) report(result->result.call);
      for (const std::string& field : options_.print) {
        line(printable(field_text(result_field(result->result, field))));
      }
    }
  }

 private:
  void line(const std::string& text) { streams_.writer->write_line(*streams_.out, text, true); }
  void report(const CallResult& result) {
    streams_.writer->write_text(*streams_.out, check_report(result, tone_), true);
  }

  Streams& streams_;
  const OutputOptions& options_;
  double tone_ = 0;
  int calls_ = 0;
};

}  // namespace

std::unique_ptr<OutputSink> make_answer_sink(Streams& streams, const Command& command) {
  return std::make_unique<AnswerSink>(streams, command);
}

}  // namespace lineman
