// What is told, where, and how loudly.
#include <algorithm>

#include "option_values.h"

namespace lineman {
namespace {

constexpr std::string_view kOutput = "Output";
constexpr std::uint64_t kHighestSeed = (std::uint64_t{1} << 63) - 1;  // exact in every JSON reader

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& word : words) all += (all.empty() ? "" : "|") + word;
  return all;
}

Result<void> set_json(Command& command, const OptionRow& row, const std::string&) {
  if (!command.out.json) command.stdout_options.emplace_back(row.name);
  command.out.json = true;
  return {};
}
Result<void> add_events(Command& command, const OptionRow& row, const std::string& value) {
  note_stdout(command, row, value);
  command.out.events.push_back(value);
  return not_empty(value);
}
Result<void> add_print(Command& command, const OptionRow& row, const std::string& value) {
  for (const std::string_view field : split(value, ',')) {
    if (!is_result_field(field)) {
      const std::string near = did_you_mean(field, result_fields());
      return fail(ErrorCode::kUsage,
                  "'" + printable(field) + "' is no field of the result" +
                      (near.empty() ? "; `lineman help fields` lists them" : near));
    }
    if (command.out.print.empty()) command.stdout_options.emplace_back(row.name);
    command.out.print.emplace_back(field);
  }
  return {};
}
Result<void> set_level(Command& command, const OptionRow& row, const std::string& value) {
  const std::vector<std::string> names = {"error", "warning", "info", "debug"};
  const auto it = std::find(names.begin(), names.end(), value);
  if (it == names.end()) {
    return fail(ErrorCode::kUsage, "'" + printable(value) + "' is no level" +
                                       did_you_mean(value, names) + "; one of " + row.choices);
  }
  command.out.level = static_cast<LogLevel>(it - names.begin());
  return {};
}
Result<void> set_verbose(Command& command, const OptionRow&, const std::string&) {
  command.out.level = LogLevel::kDebug;
  return {};
}
Result<void> set_quiet(Command& command, const OptionRow&, const std::string&) {
  command.out.level = LogLevel::kError;
  return {};
}
Result<void> set_trace(Command& command, const OptionRow&, const std::string& value) {
  if (value != "sip") {
    return fail(ErrorCode::kUsage, "'" + printable(value) + "' cannot be traced: write sip");
  }
  command.phone.trace_sip = true;
  return {};
}
Result<void> set_junit(Command& command, const OptionRow& row, const std::string& value) {
  note_stdout(command, row, value);
  command.out.junit = value;
  return not_empty(value);
}
Result<void> set_github(Command& command, const OptionRow&, const std::string&) {
  command.out.github = true;
  return {};
}
Result<void> set_seed(Command& command, const OptionRow&, const std::string& value) {
  return keep_number(command.phone.seed.emplace(), value, std::uint64_t{0}, kHighestSeed);
}
template <auto Member>
Result<void> set_audio_file(Command& command, const OptionRow& row, const std::string& value) {
  note_stdout(command, row, value);
  command.phone.*Member = value;
  return not_empty(value);
}

}  // namespace

void add_output_options(std::vector<OptionRow>& to) {
  to.insert(
      to.end(),
      {{"--json", "", "", "", "events on stdout, a JSON object a line; the last one is the result",
        kOutput, kAllPhone, "", set_json},
       {"--events", "", "FILE", "",
        "the same lines into FILE or a descriptor (fd:3); may be "
        "repeated",
        kOutput, kAllPhone, "", add_events},
       {"--print", "", "FIELD", "",
        "at the end, this field of the result on stdout, or several (codec,rx.mos), a line each; "
        "may be repeated",
        kOutput, kAllPhone, joined(result_fields()), add_print},
       {"--junit", "", "FILE", "", "a JUnit report: a test case for every call and expectation",
        kOutput, kAllPhone, "", set_junit},
       {"--github", "", "", "", "annotations for GitHub Actions on stderr (::error, ::warning)",
        kOutput, kAllPhone, "", set_github},
       {"--verbose", "-v", "", "", "tell everything: statistics, digits, tones (--log debug)",
        kOutput, kAllPhone, "", set_verbose},
       {"--quiet", "-q", "", "", "tell nothing but errors and the verdict (--log error)", kOutput,
        kAllPhone, "", set_quiet},
       {"--log", "", "LEVEL", "info", "how much is told on stderr: error, warning, info, debug",
        kOutput, kAllPhone, "error|warning|info|debug", set_level},
       {"--trace", "", "WHAT", "", "sip: every SIP message on stderr, passwords masked", kOutput,
        kAllPhone, "sip", set_trace},
       {"--ready-file", "", "FILE", "", "written with our URI as soon as calls can come", kOutput,
        kTakers | kRegister, "", set_text<&PhoneOptions::ready_file>},
       {"--record-stereo", "", "FILE", "", "record the whole call: sent left, heard right", kOutput,
        kCalls, "", set_audio_file<&PhoneOptions::record_stereo>},
       {"--pcap", "", "FILE", "", "SIP and RTP, as sent and received, as pcapng for Wireshark",
        kOutput, kAllPhone, "", set_audio_file<&PhoneOptions::pcap>},
       {"--seed", "", "N", "", "repeat a run: random choices follow from N (see result.seed)",
        kOutput, kAllPhone, "", set_seed}});
}

}  // namespace lineman
