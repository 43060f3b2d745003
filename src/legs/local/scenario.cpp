#include "scenario.h"

#include <algorithm>
#include <charconv>

#include "lineman/leg.h"
#include "lineman/text.h"

namespace lineman {
namespace {

using Kind = Scenario::Kind;

struct Row {
  Kind kind;
  std::string_view name, keys, arguments, summary;  // `keys` as a list with commas at both ends
};

constexpr Row kRows[] = {
    {Kind::kEcho, "echo", ",ring,delay,record,hangup,", "ring=D&delay=D&record=FILE&hangup=D",
     "answers and sends back what it hears"},
    {Kind::kAnswer, "answer", ",ring,play,record,dtmf,hangup,",
     "ring=D&play=SRC&record=FILE&dtmf=DIGITS&hangup=D",
     "answers; plays, records, sends digits, hangs up as told"},
    {Kind::kEarly, "early", ",ring,play,record,dtmf,hangup,",
     "ring=D&play=SRC&record=FILE&dtmf=DIGITS&hangup=D",
     "the same with early media: plays before the answer (183)"},
    {Kind::kRing, "ring", ",", "", "rings for ever"},
    {Kind::kSilent, "silent", ",", "", "never says anything"},
    {Kind::kBusy, "busy", ",", "", "is busy (486)"},
    {Kind::kDecline, "decline", ",", "", "declines (603)"},
    {Kind::kReject, "reject", ",code,", "code=404", "refuses with any final status"},
};

std::vector<std::string> names() {
  std::vector<std::string> out;
  for (const Row& row : kRows) out.emplace_back(row.name);
  return out;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

// %41 and the like; anything else as written.
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    int value = 0;
    if (text[i] == '%' && i + 2 < text.size()) {
      const char* first = text.data() + i + 1;
      if (std::from_chars(first, first + 2, value, 16).ptr == first + 2) {
        out.push_back(static_cast<char>(value));
        i += 2;
        continue;
      }
    }
    out.push_back(text[i]);
  }
  return out;
}

tl::unexpected<Error> usage(std::string_view uri, const std::string& why) {
  return fail(ErrorCode::kUsage, "'" + printable(uri) + "': " + why);
}

Result<void> apply(Scenario& scenario, std::string_view key, const std::string& value) {
  if (key == "ring" || key == "delay" || key == "hangup") {
    const auto time = parse_duration(value);
    if (!time) return tl::make_unexpected(time.error());
    if (key == "ring") scenario.ring = *time;
    if (key == "delay") scenario.delay = *time;
    if (key == "hangup") scenario.hang_up = *time;
  } else if (key == "play") {
    const auto source = parse_source(value);
    if (!source) return tl::make_unexpected(source.error());
    if (source->kind == SourceSpec::Kind::kStdin) {
      return fail(ErrorCode::kUsage, "the far end cannot play stdin: name a file or a tone");
    }
    scenario.play = *source;
  } else if (key == "record") {
    if (value.empty() || value == "-") {
      return fail(ErrorCode::kUsage, "the far end records into a file: record=heard.wav");
    }
    scenario.record = value;
  } else if (key == "dtmf") {
    const auto digits = parse_digits(value);
    if (!digits) return tl::make_unexpected(digits.error());
    scenario.digits = *digits;
  } else if (key == "code") {
    const auto [end, bad] =
        std::from_chars(value.data(), value.data() + value.size(), scenario.code);
    if (bad != std::errc() || end != value.data() + value.size() || scenario.code < 300 ||
        scenario.code > 699) {
      return fail(ErrorCode::kUsage, "code is a final refusal, 300 to 699: code=404");
    }
  }
  return {};
}

}  // namespace

std::vector<LocalScenario> local_scenarios() {
  std::vector<LocalScenario> out;
  for (const Row& row : kRows) out.push_back({row.name, row.arguments, row.summary});
  return out;
}

Result<Scenario> parse_scenario(std::string_view uri) {
  std::string_view rest = uri;
  constexpr std::string_view kScheme = "local:";
  if (!iequals(rest.substr(0, kScheme.size()), kScheme)) return usage(uri, "not a local: URI");
  rest.remove_prefix(kScheme.size());
  const auto question = rest.find('?');
  const std::string_view name = rest.substr(0, question);
  const auto row = std::find_if(std::begin(kRows), std::end(kRows),
                                [&](const Row& r) { return r.name == name; });
  if (row == std::end(kRows)) {
    return usage(uri, "no such simulated far end" + did_you_mean(name, names()) +
                          " (known: " + joined(names()) + ")");
  }
  Scenario scenario;
  scenario.kind = row->kind;
  if (question == std::string_view::npos) return scenario;
  for (const std::string_view part : split(rest.substr(question + 1), '&')) {
    const auto equals = part.find('=');
    const std::string_view key = part.substr(0, equals);
    const bool known = !key.empty() && key.find(',') == std::string_view::npos &&
                       row->keys.find("," + std::string(key) + ",") != std::string_view::npos;
    if (!known || equals == std::string_view::npos) {
      const std::string can = row->arguments.empty() ? "it takes no arguments"
                                                     : "it takes " + std::string(row->arguments);
      return usage(uri, "'" + printable(part) +
                            "' is no argument of local:" + std::string(row->name) + ": " + can);
    }
    const auto applied = apply(scenario, key, unescaped(part.substr(equals + 1)));
    if (!applied) return usage(uri, applied.error().text);
  }
  return scenario;
}

}  // namespace lineman
