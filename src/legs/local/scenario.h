// Which far end a `local:` URI asks for. Pure; Control.
//
//   local:NAME[?key=value&key=value]      local:answer?ring=1s&play=tone:440,2s&hangup=5s
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lineman/result.h"
#include "lineman/time.h"
#include "lineman/verb.h"

namespace lineman {

struct Scenario {
  enum class Kind { kEcho, kAnswer, kEarly, kRing, kSilent, kBusy, kDecline, kReject };

  Kind kind = Kind::kAnswer;
  Duration ring = std::chrono::milliseconds(100);  // from ringing to the answer
  Duration delay{};                                // of the echo
  std::optional<SourceSpec> play;
  std::string record;
  std::string digits;               // sent after the answer
  std::optional<Duration> hang_up;  // after the answer
  int code = 486;                   // of a refusal
};

Result<Scenario> parse_scenario(std::string_view uri);

}  // namespace lineman
