#include "junit.h"

#include <fmt/format.h>

#include <algorithm>

#include "lineman/text.h"
#include "outputs.h"

namespace lineman {

// XML 1.0 has no way to write most control characters: printable() has taken them out.
std::string xml_escaped(std::string_view untrusted) {
  std::string out;
  for (const char c : printable(untrusted)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

void JunitReport::add_result(const std::string& name, const CallResult& r) {
  Case c;
  c.group = "lineman." + command_;
  c.name = name;
  c.seconds = (r.setup_ms.value_or(0) + r.duration_ms.value_or(0)) / 1000;
  if (r.exit != Exit::kOk) {
    c.kind = r.verdict;
    c.failure = r.causes.empty() ? std::string(exit_row(r.exit).meaning) : r.causes.front();
    for (const std::string& cause : r.causes) c.details += cause + "\n";
    if (!r.diagnosis.empty()) c.details += "diagnosis: " + r.diagnosis + "\n";
    failed_ = true;
  }
  cases_.push_back(std::move(c));
}

void JunitReport::take(const Event& event) {
  if (const auto* call = std::get_if<event::CallResult>(&event.body)) {
    calls_++;
    add_result(
        "call " + event.call + " " + (call->result.remote.empty() ? target_ : call->result.remote),
        call->result);
  } else if (const auto* passed = std::get_if<event::ExpectPassed>(&event.body)) {
    cases_.push_back({"lineman.expect", event.call + " " + passed->expectation, 0, "", "", ""});
  } else if (const auto* bad = std::get_if<event::ExpectFailed>(&event.body)) {
    cases_.push_back({"lineman.expect", event.call + " " + bad->expectation, 0,
                      bad->actual.empty() ? "there is no value" : "is " + bad->actual,
                      "expectation_failed", ""});
    failed_ = true;
  } else if (const auto* result = std::get_if<event::Result>(&event.body)) {
    // What is no call: a probe, a registration, a port that could not be had.
    const bool more = result->result.call.exit != Exit::kOk && !failed_;
    if (calls_ == 0 || more) {
      add_result(target_.empty() ? command_ : command_ + " " + target_, result->result.call);
    }
  }
}

std::string JunitReport::text() const {
  const auto failures = std::count_if(cases_.begin(), cases_.end(),
                                      [](const Case& each) { return !each.kind.empty(); });
  double seconds = 0;
  for (const Case& each : cases_) seconds += each.seconds;
  const std::string counts =
      fmt::format("name=\"lineman {}\" tests=\"{}\" failures=\"{}\" time=\"{:.3f}\"",
                  xml_escaped(command_), cases_.size(), failures, seconds);
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite " + counts + ">\n";
  for (const Case& each : cases_) {
    out += fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\"",
                       xml_escaped(each.group), xml_escaped(each.name), each.seconds);
    if (each.kind.empty()) {
      out += "/>\n";
      continue;
    }
    out += fmt::format(">\n      <failure type=\"{}\" message=\"{}\">", xml_escaped(each.kind),
                       xml_escaped(each.failure));
    for (const std::string_view line : split(each.details, '\n')) {
      if (!line.empty()) out += xml_escaped(line) + "\n";
    }
    out += "</failure>\n    </testcase>\n";
  }
  return out + "  </testsuite>\n</testsuites>\n";
}

namespace {

class JunitSink final : public OutputSink {
 public:
  JunitSink(Streams& streams, const Command& command)
      : streams_(streams),
        file_(command.out.junit),
        report_(std::string(command.row->name), command.phone.target) {}

  Result<void> open(Streams& streams) override {
    auto out = streams.writer->open_lines(
        file_, [this](const std::string& why) { streams_.say("warning: --junit: " + why); });
    if (!out) return tl::make_unexpected(out.error());
    out_ = *out;
    return {};
  }

  void on_event(const Event& event) override {
    report_.take(event);
    if (out_ && std::holds_alternative<event::Result>(event.body)) {
      streams_.writer->write_text(*out_, report_.text(), true);
    }
  }

 private:
  Streams& streams_;
  std::string file_;
  JunitReport report_;
  std::optional<Writer::LineId> out_;
};

}  // namespace

std::unique_ptr<OutputSink> make_junit_sink(Streams& streams, const Command& command) {
  return std::make_unique<JunitSink>(streams, command);
}

}  // namespace lineman
