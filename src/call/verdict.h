// The verdict of one call, pure: facts in, CallResult out, by the rules of DESIGN section 5. First
// the natural outcome, then the expectations; a natural failure wins over a failed expectation.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lineman/call.h"

namespace lineman {

// What happened, as Call gathered it.
struct CallFacts {
  std::string call_id, remote;
  bool outgoing = true;
  TimePoint began = kNever, responded = kNever, answered = kNever, established = kNever,
            ended = kNever;
  std::optional<LegEnd> end;           // none: the call was never sent
  std::optional<Error> local_failure;  // a file, a port, a name
  bool rejected_as_asked = false;      // --reject
  int signal = 0;                      // the signal that cut the call short
  bool timed_out = false;              // --timeout of the process cut it short
  bool duration_missed = false;        // --duration was not reached

  std::optional<NegotiatedMedia> media;
  bool held = false;     // at the end
  bool stalled = false;  // RTP had stopped for --rtp-timeout at the end
  std::optional<MediaReport> stats;
  Duration worst_lateness{};

  std::string unfinished;             // verb line the end cut short
  std::vector<std::string> failures;  // reads and waits that timed out
  std::vector<Error> errors;          // verbs that could not be done
  std::string digits;
  std::optional<bool> digits_complete;

  // What the wire showed, for the diagnosis.
  Address signalling, latched, stranger;
  std::optional<int> unknown_payload_type;
  std::optional<Duration> peer_ptime;  // packs otherwise than negotiated
  std::vector<std::string> peer_codecs;
};

struct ExpectationOutcome {
  Expectation expectation;
  std::string actual;
  bool passed = false;
};

struct Verdict {
  CallResult result;
  std::vector<ExpectationOutcome> expectations;
};

Verdict judge(const CallFacts& facts, const CallOptions& options);

// One sentence about what is wrong as far as the wire shows why; "" otherwise.
std::string diagnose(const CallFacts& facts, const CallResult& result);

}  // namespace lineman
