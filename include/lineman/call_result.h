// What a call (or the process) came to: the fields of `call.result` and `result`, and the exit
// codes of DESIGN section 5. Plain values; pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lineman/leg.h"
#include "lineman/media_summary.h"

namespace lineman {

enum class Exit : int {
  kOk = 0,
  kExpectation = 1,
  kUsage = 2,
  kLocal = 3,
  kResolve = 4,
  kUnreachable = 5,
  kNoAnswer = 6,
  kAuthentication = 7,
  kBusy = 8,
  kRejected = 9,
  kNegotiation = 10,
  kNoMedia = 11,
  kDropped = 12,
  kPeerHungUp = 13,
  kInvalid = 14,
  kInternal = 70,
  kNotBuiltIn = 77,
  kSignal = 128,  // + n
};

struct ExitRow {
  Exit code;
  std::string_view name;     // verdict word: "ok", "no_answer", "no_media"
  std::string_view meaning;  // one line
  std::string_view advice;   // what to look at, for `lineman explain`
};
std::span<const ExitRow> exit_table();
const ExitRow& exit_row(Exit code);  // kSignal + n gives the row of kSignal
Exit exit_of(Cause cause);           // the natural exit of an end before or in a call
Exit exit_of(const Error& error);
std::string verdict_name(Exit code);                 // "signal_15" for 143
const ExitRow* find_exit(std::string_view verdict);  // by its word; for `lineman explain`
std::string_view cause_meaning(Cause cause);         // one line, for `lineman explain`

// Which cause a final SIP status means before a dialog exists. `with_credentials`: for 403.
Cause cause_of_status(int code, bool with_credentials);

struct CallResult {
  Exit exit = Exit::kOk;
  std::string verdict;              // verdict_name(exit)
  std::vector<std::string> causes;  // every finding, the deciding one first
  std::string diagnosis;            // "" when nothing is wrong or the wire does not show why
  std::string status = "none";      // none, answered, unanswered, busy, rejected, failed
  std::optional<int> sip_code;  // final status from the peer; null when our own stack made it up
  std::string reason;
  std::optional<int> q850;
  std::string cause;     // cause_name()
  std::string ended_by;  // local, peer, network
  std::string call, call_id, remote, codec;
  std::optional<double> pdd_ms, setup_ms, first_rtp_ms, duration_ms;
  std::string digits;                   // received
  std::optional<bool> digits_complete;  // of the last read
  // two_way, received, one_way_rx, one_way_tx, none, unproven, not_negotiated
  std::string media = "none";
  MediaSummary rx, tx;
};

struct ProcessResult {
  CallResult call;  // the call's fields when there was exactly one call (or none was made)
  std::int64_t calls = 0;
  std::int64_t calls_ok = 0, calls_failed = 0;
  std::int64_t events_dropped = 0;
  std::uint64_t seed = 0;
  std::string version;
};

}  // namespace lineman
