// Codecs, packets, digits and what goes wrong on purpose.
#include <algorithm>
#include <array>
#include <cctype>

#include "option_values.h"

namespace lineman {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kMedia = "Media";
constexpr std::string_view kDigits = "Digits";
using P = PhoneOptions;

std::string codec_choices() {
  std::string all;
  for (const CodecInfo& codec : all_codecs()) {
    if (!all.empty()) all += '|';
    for (const char c : codec.name) {
      all += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return all;
}

Result<void> set_codecs(Command& command, const OptionRow&, const std::string& value) {
  auto parsed = parse_codec_list(value);
  if (!parsed) return tl::make_unexpected(parsed.error());
  command.phone.codecs = std::move(*parsed);
  return {};
}
Result<void> set_ptime(Command& command, const OptionRow&, const std::string& value) {
  if (auto kept = keep_duration(command.phone.ptime, value); !kept) return kept;
  const Duration ptime = command.phone.ptime;
  if (ptime >= 10ms && ptime <= 200ms && ptime % 10ms == Duration::zero()) return {};
  return fail(ErrorCode::kUsage,
              "'" + printable(value) + "' is no packet time: 10ms to 200ms in steps of 10ms");
}
Result<void> set_ports(Command& command, const OptionRow&, const std::string& value) {
  PortRange& range = command.phone.rtp_ports;
  const std::size_t dash = value.find('-');
  const std::string_view text = value;
  if (dash == std::string::npos) {
    return fail(ErrorCode::kUsage,
                "'" + printable(value) + "' is no range: write for example 10000-10099");
  }
  const std::uint16_t least = 1024;
  const std::uint16_t most = 65535;
  if (auto first = keep_number(range.first, text.substr(0, dash), least, most); !first) {
    return first;
  }
  if (auto last = keep_number(range.last, text.substr(dash + 1), least, most); !last) return last;
  const int pairs = (range.last + 1) / 2 - (range.first + 1) / 2;  // of an even and the next port
  if (pairs >= 1) return {};
  return fail(ErrorCode::kUsage, "'" + printable(value) +
                                     "' has no room for a call, which takes an even port and the "
                                     "next one: write for example 10000-10099");
}
Result<void> set_jitter(Command& command, const OptionRow&, const std::string& value) {
  auto parsed = parse_jitter(value);
  if (!parsed) return tl::make_unexpected(parsed.error());
  command.phone.jitter = *parsed;
  return {};
}
Result<void> set_impairment(Command& command, const OptionRow&, const std::string& value) {
  auto parsed = parse_impairment(value);
  if (!parsed) return tl::make_unexpected(parsed.error());
  command.phone.impairment = *parsed;
  return {};
}
Result<void> set_dtmf_mode(Command& command, const OptionRow& row, const std::string& value) {
  const std::vector<std::string> names = {"auto", "rfc4733", "info", "inband"};
  const auto it = std::find(names.begin(), names.end(), value);
  if (it == names.end()) {
    return fail(ErrorCode::kUsage, "'" + printable(value) + "' is no way to send digits" +
                                       did_you_mean(value, names) + "; one of " + row.choices);
  }
  command.phone.dtmf_mode = static_cast<DtmfMode>(it - names.begin());
  return {};
}
template <auto Member>
Result<void> set_digit_time(Command& command, const OptionRow&, const std::string& value) {
  if (auto kept = keep_duration(command.phone.*Member, value); !kept) return kept;
  if (command.phone.*Member >= 40ms && command.phone.*Member <= 5s) return {};
  return fail(ErrorCode::kUsage, "'" + printable(value) +
                                     "' is not from 40ms, which ITU-T Q.24 asks of every "
                                     "receiver, to 5s");
}

}  // namespace

void add_media_options(std::vector<OptionRow>& to) {
  to.insert(
      to.end(),
      {{"--codec", "", "LIST", "", "codecs in order of preference, as in opus,pcmu (default: all)",
        kMedia, kCalls, codec_choices(), set_codecs},
       {"--ptime", "", "D", "20ms", "packet time that we ask for", kMedia, kCalls,
        "10ms|20ms|30ms|40ms|60ms", set_ptime},
       {"--jitter", "", "PROFILE", "default",
        "jitter buffer: interactive, default, robust or fixed:200ms", kMedia, kCalls,
        "interactive|default|robust|fixed:200ms", set_jitter},
       {"--impair", "", "SPEC", "",
        "make the network bad: 'rx:loss=3%,jitter=20ms,delay=40ms,reorder=1%,dup=0.5%,burst=3;"
        "tx:...'",
        kMedia, kCalls, "", set_impairment},
       {"--rtp-ports", "", "A-B", "", "ports for RTP and RTCP (default: any free ones)", kMedia,
        kCalls, "", set_ports},
       {"--opus-bitrate", "", "N", "24000", "bits per second of Opus, 6000 to 510000", kMedia,
        kCalls, "", set_number<&P::opus_bitrate, 6000, 510'000>},
       {"--opus-complexity", "", "N", "5", "effort of the Opus encoder, 0 to 10", kMedia, kCalls,
        "", set_number<&P::opus_complexity, 0, 10>},
       {"--dtmf-mode", "", "MODE", "auto",
        "how digits are sent: auto (RFC 4733 when negotiated, else in-band), rfc4733, info, inband",
        kDigits, kCalls, "auto|rfc4733|info|inband", set_dtmf_mode},
       {"--digit-duration", "", "D", "100ms", "length of a digit", kDigits, kCalls, "",
        set_digit_time<&P::digit_duration>},
       {"--digit-gap", "", "D", "100ms", "silence between digits", kDigits, kCalls, "",
        set_digit_time<&P::digit_gap>}});
}

}  // namespace lineman
