#include "help.h"
#include "lineman/text.h"

namespace lineman {
namespace {

struct Topic {
  std::string_view name;
  std::string (*text)();
};
constexpr Topic kTopics[] = {
    {"exit", help_exit}, {"fields", help_fields}, {"events", help_events}, {"local", help_local}};

Result<std::string> print(const Command& command) {
  if (command.words.empty()) return help_overview();
  if (command.words.size() > 1) {
    return tl::make_unexpected(usage_error(*command.row, "one thing is to be explained at a time"));
  }
  const std::string& word = command.words.front();
  // A word may be a command and a verb.
  std::string text;
  if (const CommandRow* row = find_command(word)) text = help_command(*row);
  if (const VerbRow* verb = find_verb(word)) {
    text += (text.empty() ? "" : "\n") + help_verb(*verb);
  }
  for (const Topic& topic : kTopics) {
    if (topic.name == word) text = topic.text();
  }
  if (!text.empty()) return text;
  const OptionRow* option = find_option(word);
  if (option != nullptr && !option->hidden) {
    return option_left(*option) + "\n  " + option_right(*option) + "\n";
  }
  std::vector<std::string> known = command_names();
  for (const VerbRow& verb : verb_table()) known.emplace_back(verb.name);
  for (const Topic& topic : kTopics) known.emplace_back(topic.name);
  const std::string near = did_you_mean(word, known);
  return fail(ErrorCode::kUsage, "there is no help on '" + printable(word) + "'" +
                                     (near.empty() ? "; see `lineman help`" : near));
}

}  // namespace

const CommandRow kHelpCommand = {"help",
                                 "[COMMAND|VERB|exit|fields|events|local]",
                                 "help on a command, a verb or a topic",
                                 "Says what a command or a verb does, with its options and "
                                 "examples.",
                                 "lineman help dial\nlineman help wait\nlineman help local",
                                 0,
                                 nullptr,
                                 print};

}  // namespace lineman
