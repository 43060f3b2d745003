#include <charconv>

#include "command_table.h"
#include "layout.h"
#include "lineman/text.h"
#include "sip_status.h"

namespace lineman {
namespace {

constexpr int kSignalBase = static_cast<int>(Exit::kSignal);
constexpr int kLastSignal = 31;  // without the real-time ones: 180 to 183 are SIP's
constexpr std::size_t kWidth = 80;

std::string exit_text(Exit code) {
  const ExitRow& row = exit_row(code);
  return "exit code " + std::to_string(static_cast<int>(code)) + " (" + verdict_name(code) + ")\n" +
         wrapped(row.meaning, 2, kWidth) + wrapped(row.advice, 2, kWidth);
}

Result<std::string> explain_number(int number, const std::string& word) {
  if (number >= 100 && number <= 699) {
    const bool signal = number > kSignalBase && number <= kSignalBase + kLastSignal;
    if (signal) return exit_text(static_cast<Exit>(number));
    const SipStatus* status = find_sip_status(number);
    std::string text =
        "SIP status " + word + (status ? " " + std::string(status->phrase) : "") + "\n" +
        wrapped(status
                    ? status->advice
                    : "Not a registered status: read it as " + std::to_string(number / 100) + "00.",
                2, kWidth);
    if (number < 200) return text;
    const Cause cause = cause_of_status(number, false);
    text += "to a new call it is the cause " + std::string(cause_name(cause)) + ": " +
            std::string(cause_meaning(cause)) + "\n";
    return text + exit_text(exit_of(cause));
  }
  for (const ExitRow& row : exit_table()) {
    if (static_cast<int>(row.code) == number) return exit_text(row.code);
  }
  return fail(ErrorCode::kUsage, "'" + word +
                                     "' is neither an exit code (0 to 14, 70, 77, 128+n) "
                                     "nor a SIP status (100 to 699)");
}

Result<std::string> print(const Command& command) {
  if (command.words.size() != 1) {
    return tl::make_unexpected(usage_error(*command.row, "one code or cause is to be explained"));
  }
  const std::string& word = command.words.front();
  int number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error == std::errc{} && end == word.data() + word.size()) return explain_number(number, word);

  std::string text;
  if (const auto cause = parse_cause(word)) {
    text = "cause " + word + "\n" + wrapped(cause_meaning(*cause), 2, kWidth);
    const ExitRow* same = find_exit(word);
    if (same == nullptr || same->code != exit_of(*cause)) text += exit_text(exit_of(*cause));
  }
  if (const ExitRow* row = find_exit(word)) text += exit_text(row->code);
  if (!text.empty()) return text;
  std::vector<std::string> known;
  for (const ExitRow& row : exit_table()) known.emplace_back(row.name);
  for (int i = 0; i <= static_cast<int>(Cause::kInternal); ++i) {
    known.emplace_back(cause_name(static_cast<Cause>(i)));
  }
  const std::string near = did_you_mean(word, known);
  return fail(ErrorCode::kUsage,
              "nothing is known of '" + printable(word) + "'" +
                  (near.empty() ? "; `lineman help exit` lists the exit codes" : near));
}

}  // namespace

const CommandRow kExplainCommand = {
    "explain",
    "CODE|CAUSE",
    "what a code or cause means, and what to look at",
    "Explains an exit code of lineman, a SIP status, a verdict or a cause.",
    "lineman explain 486\nlineman explain 11\nlineman explain no_answer",
    0,
    nullptr,
    print};

}  // namespace lineman
