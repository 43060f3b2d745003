// Where a command's events go: the sinks that its options ask for, over the Writer of the run. Made
// by main, called on Control; dead with the Writer, at the end of run_phone().
//
//   event ─┬─► JSON lines   stdout, --events
//          ├─► text         stderr
//          ├─► answers      stdout: --print, digits, the report of `check`
//          ├─► annotations  stderr (--github)
//          └─► JUnit        a file
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "command.h"

namespace lineman {

// The open ends, shared by the sinks.
struct Streams {
  Writer* writer = nullptr;
  EventEpoch epoch;
  std::optional<Writer::LineId> out, err;
  bool colour = false;

  void say(const std::string& line, bool reserved = false) const {  // on stderr
    if (writer != nullptr && err) writer->write_line(*err, line, reserved);
  }
};

// A sink that opens what it writes to.
struct OutputSink : EventSink {
  virtual Result<void> open(Streams&) { return {}; }
};
std::unique_ptr<OutputSink> make_json_sink(Streams& streams, const Command& command);
std::unique_ptr<OutputSink> make_text_sink(Streams& streams, const Command& command);
std::unique_ptr<OutputSink> make_answer_sink(Streams& streams, const Command& command);
std::unique_ptr<OutputSink> make_github_sink(Streams& streams);
std::unique_ptr<OutputSink> make_junit_sink(Streams& streams, const Command& command);

class Outputs {
 public:
  Outputs(const Command& command, bool colour);
  Outputs(const Outputs&) = delete;
  Outputs& operator=(const Outputs&) = delete;

  const PhoneOutputs& hooks() const { return hooks_; }
  bool told_verdict() const { return told_verdict_; }  // stderr could be had
  bool stdout_lost() const { return stdout_lost_; }

 private:
  Result<void> open(Writer& writer, const EventEpoch& epoch);

  const Command& command_;
  Streams streams_;
  std::vector<std::unique_ptr<OutputSink>> sinks_;
  PhoneOutputs hooks_;
  bool told_verdict_ = false, stdout_lost_ = false;
};

// The JSON line of a process result that never came to a run.
std::string result_json(const ProcessResult& result, const EventEpoch& epoch);

}  // namespace lineman
