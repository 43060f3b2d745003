// What a call may do and when it has to end; details of single commands; what is expected.
#include "option_values.h"

namespace lineman {
namespace {

constexpr std::string_view kThis = "Of this command";
constexpr std::string_view kBounds = "How long, how many";
constexpr std::string_view kVerdict = "What is expected";
constexpr int kMostCalls = 1'000'000;

template <auto Member>
Result<void> set_detail(Command& command, const OptionRow&, const std::string& value) {
  return keep_duration((command.details.*Member).emplace(), value);
}
Result<void> set_until(Command& command, const OptionRow&, const std::string& value) {
  command.details.until = value;
  return {};
}
Result<void> set_delay(Command& command, const OptionRow&, const std::string& value) {
  return keep_duration(command.echo_delay, value);
}
Result<void> set_reject(Command& command, const OptionRow&, const std::string& value) {
  return keep_number(command.phone.reject.emplace(), value, 300, 699);
}
Result<void> set_connect_timeout(Command& command, const OptionRow&, const std::string& value) {
  return keep_duration(command.phone.sip.connect_timeout, value);
}
Result<void> set_expires(Command& command, const OptionRow&, const std::string& value) {
  if (auto kept = keep_duration(command.phone.expires, value); !kept) return kept;
  if (command.phone.expires >= std::chrono::seconds(1)) return {};
  return fail(ErrorCode::kUsage, "is less than 1s");
}
Result<void> add_allowed(Command& command, const OptionRow&, const std::string& value) {
  command.phone.allow.push_back(value);
  return {};
}
Result<void> need_device(Command&, const OptionRow&, const std::string&) {
  return fail(ErrorCode::kUnsupported, "live audio is not built in yet");
}
Result<void> add_expectation(Command& command, const OptionRow&, const std::string& value) {
  auto parsed = parse_expectation(value);
  if (!parsed) return tl::make_unexpected(parsed.error());
  command.phone.expectations.push_back(std::move(*parsed));
  return {};
}

using P = PhoneOptions;

}  // namespace

void add_call_options(std::vector<OptionRow>& to) {
  to.insert(
      to.end(),
      {{"--max", "", "D", "", "end the recording after this long", kThis, kRecord, "",
        set_detail<&VerbDetails::max>},
       {"--min", "", "D", "", "a shorter recording is a failed expectation (exit 1)", kThis,
        kRecord, "", set_detail<&VerbDetails::min>},
       {"--until", "", "WHAT", "hangup", "what ends the recording: dtmf:#, silence:2s or hangup",
        kThis, kRecord, "dtmf:#|silence:2s|hangup", set_until},
       {"--delay", "", "D", "0s", "send back this much later, at most 2s", kThis, kEcho, "",
        set_delay},
       {"--ring", "", "D", "0s", "ring this long before the answer", kThis, kTakers, "",
        set_duration<&P::ring>},
       {"--reject", "", "CODE", "", "refuse every call with this status, 300 to 699", kThis,
        kAnswer, "486|603|480|404|500", set_reject},
       {"--early", "", "", "", "play before the answer (183, early media)", kThis, kAnswer, "",
        set_flag<&P::early>},
       {"--once", "", "", "", "test the credentials and leave", kThis, kRegister, "",
        set_flag<&P::once>},
       {"--expires", "", "D", "1h", "how long a registration is asked for", kThis,
        kRegister | kTakers, "", set_expires},

       {"--duration", "", "D", "", "hang up this long after the answer", kBounds, kCalls, "",
        set_duration<&P::duration>},
       {"--max-call", "", "D", "2m",
        "the longest any call may take; 0s: no bound, the default when a person sits at a terminal",
        kBounds, kCalls, "", set_duration<&P::max_call>},
       {"--timeout", "", "D", "",
        "the longest the whole program may take; with --count and no call it ends with 6", kBounds,
        kAllPhone, "", set_duration<&P::timeout>},
       {"--connect-timeout", "", "D", "5s", "give up when no response at all came (exit 5)",
        kBounds, kAllPhone, "", set_connect_timeout},
       {"--ring-timeout", "", "D", "30s", "give up when nobody answers (exit 6)", kBounds, kCallers,
        "", set_duration<&P::ring_timeout>},
       {"--rtp-timeout", "", "D", "5s", "this long without RTP is no media (exit 11)", kBounds,
        kCalls, "", set_duration<&P::rtp_timeout>},
       {"--count", "", "N", "", "place N calls, or leave after N calls came", kBounds, kCalls, "",
        set_number<&P::count, 1, kMostCalls>},
       {"--max-calls", "", "N", "",
        "at one time: 1 when calling; when answering, no limit on loopback and 10 elsewhere",
        kBounds, kCalls, "", set_number<&P::max_calls, 1, 10'000>},

       {"--expect", "", "EXPR", "",
        "a condition on the result: FIELD, one of = != < <= > >= ~ (regex), and a value; "
        "shell-safe "
        "ranges setup_ms=..500 and rx.mos=3.5..; may be repeated",
        kVerdict, kAllPhone, "", add_expectation},
       {"--require-media", "", "", "", "audio has to be proven, however short the call (exit 11)",
        kVerdict, kCalls, "", set_flag<&P::require_media>},
       {"--require-device", "", "", "", "a sound device has to open (exit 3)", kVerdict, kCalls, "",
        need_device, true}});
  to.insert(to.end(),
            {{"--allow", "", "CIDR", "",
              "who may call: an address range; may be repeated (default: everybody on loopback, "
              "private ranges elsewhere)",
              "Safety", kTakers, "", add_allowed},
             {"--allow-emergency", "", "", "",
              "emergency numbers (112, 911, 999, 000, urn:service:sos) may be called", "Safety",
              kCallers, "", set_flag<&P::allow_emergency>}});
}

}  // namespace lineman
