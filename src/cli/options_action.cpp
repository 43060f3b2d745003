// Actions: a row for every verb that has an option, in the words of the verb table.
#include "option_values.h"

namespace lineman {
namespace {

constexpr std::string_view kActions = "Actions, in the order written";
constexpr unsigned kScripted = kDial | kAnswer;

// "read: no number" -> "no number": the parser has named the option already.
Error without_verb(Error error, std::string_view verb) {
  const std::string prefix = std::string(verb) + ": ";
  if (error.text.rfind(prefix, 0) == 0) error.text.erase(0, prefix.size());
  return error;
}

// --within and --filter belong to the --read or --wait before them, or to the next one.
Result<void> refine(Command& command) {
  if (command.phone.actions.empty()) return {};
  Verb& last = command.phone.actions.back();
  VerbDetails& details = command.details;
  if (auto* wait = std::get_if<verb::Wait>(&last)) {
    if (!details.within) return {};
    if (wait->what == verb::Wait::For::kTime) {
      return fail(ErrorCode::kUsage, "--within: a --wait for a time is its own bound");
    }
    wait->within = *details.within;
    details.within.reset();
  } else if (auto* read = std::get_if<verb::Read>(&last)) {
    if (details.within) read->within = *details.within;
    details.within.reset();
    if (!details.filter) return {};
    auto made = find_verb("read")->parse(
        std::vector<std::string>{std::to_string(read->count), "filter=" + *details.filter,
                                 "within=" + duration_text(read->within)});
    if (!made) return tl::make_unexpected(without_verb(made.error(), "read"));
    last = std::move(*made);
    details.filter.reset();
  }
  return {};
}

Result<void> apply_action(Command& command, const OptionRow& row, const std::string& value) {
  for (const VerbRow& verb : verb_table()) {
    if (verb.option != row.name) continue;
    std::vector<std::string> words;
    if (!row.argument.empty()) {
      words.push_back(std::string(verb.arguments.front().name) + "=" + value);
    }
    if (!command.phone.actions.empty() &&
        std::holds_alternative<verb::Hangup>(command.phone.actions.back())) {
      return fail(ErrorCode::kUsage, "stands after --hangup, which ends the call: put it before");
    }
    auto made = verb.parse(words);
    if (!made) return tl::make_unexpected(without_verb(made.error(), verb.name));
    if (std::holds_alternative<verb::Read>(*made)) command.out.digits = true;
    if (std::holds_alternative<verb::Record>(*made)) note_stdout(command, row, value);
    command.phone.actions.push_back(std::move(*made));
  }
  return refine(command);
}

Result<void> apply_within(Command& command, const OptionRow&, const std::string& value) {
  return keep_duration(command.details.within.emplace(), value).and_then([&] {
    return refine(command);
  });
}

Result<void> apply_filter(Command& command, const OptionRow&, const std::string& value) {
  command.details.filter = value;
  return refine(command);
}

Result<void> not_built_in(Command&, const OptionRow&, const std::string&) {
  return fail(ErrorCode::kUnsupported, "not built in yet");
}

}  // namespace

void add_action_options(std::vector<OptionRow>& to) {
  for (const VerbRow& verb : verb_table()) {
    if (verb.option.empty()) continue;
    OptionRow row;
    row.name = verb.option;
    row.help = verb.summary;
    row.group = kActions;
    row.commands = kScripted | (verb.name == "read" ? kDtmf : 0U);
    row.apply = apply_action;
    if (!verb.arguments.empty() && verb.arguments.front().positional) {
      row.argument = verb.arguments.front().type;
      // A type with a | spells its forms itself.
      if (row.argument.find('|') == std::string_view::npos) {
        row.help += ": " + std::string(verb.arguments.front().help);
      }
    }
    to.push_back(std::move(row));
  }
  to.insert(
      to.end(),
      {{"--filter", "", "DIGITS", "", "digits that a --read counts, as in 0-9#; others are ignored",
        kActions, kScripted | kDtmf, "", apply_filter},
       {"--within", "", "D", "30s", "how long a --read, or a --wait for something, may take",
        kActions, kScripted | kDtmf, "", apply_within},
       {"--say", "", "TEXT", "", "speak", kActions, kScripted, "", not_built_in, true},
       {"--exec", "", "CMD", "", "a program per call", kActions, kScripted, "", not_built_in,
        true}});
}

}  // namespace lineman
