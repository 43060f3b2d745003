#include "help.h"

#include "layout.h"

namespace lineman {
namespace {

constexpr std::size_t kOptionColumn = 26;

std::string indented(std::string_view lines) {
  std::string out;
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    out += "  " + std::string(lines.substr(0, end)) + "\n";
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
  }
  return out;
}

std::string verb_usage(const VerbRow& verb) {
  std::string text(verb.name);
  for (const VerbArgument& each : verb.arguments) {
    const bool optional = !each.positional || !each.fallback.empty();
    text += optional ? " [" : " ";
    if (!each.positional) text += std::string(each.name) + "=";
    text += std::string(each.type) + (each.many ? "..." : "") + (optional ? "]" : "");
  }
  return text;
}

}  // namespace

std::string option_left(const OptionRow& row) {
  std::string left = row.alias.empty() ? "" : std::string(row.alias) + ", ";
  left += row.name;
  if (!row.argument.empty()) left += " " + std::string(row.argument);
  return left;
}

std::string option_right(const OptionRow& row) {
  return row.fallback.empty() ? row.help : row.help + " (default: " + row.fallback + ")";
}

std::string help_overview() {
  std::string out =
      "lineman: a softphone for the terminal, for scripts and for CI\n\n"
      "usage: lineman COMMAND [WORDS] [OPTIONS]\n\ncommands:\n";
  for (const CommandRow* row : command_table()) {
    if (!row->hidden) out += entry(row->name, row->summary, 13);
  }
  out += "\nmore help:\n";
  out += entry("lineman help COMMAND", "its options, with examples", kOptionColumn);
  out += entry(
      "lineman help VERB",
      "what can be done in a call: " +
          [] {
            std::string all;
            for (const VerbRow& verb : verb_table()) {
              all += (all.empty() ? "" : ", ") + std::string(verb.name);
            }
            return all;
          }(),
      kOptionColumn);
  out += entry("lineman help exit", "the exit codes", kOptionColumn);
  out += entry("lineman help fields", "what --expect and --print know", kOptionColumn);
  out += entry("lineman help events", "what --json says", kOptionColumn);
  out +=
      entry("lineman help local", "simulated far ends, for a try without a network", kOptionColumn);
  return out + "\nfor example:\n  lineman check local:echo\n";
}

std::string help_command(const CommandRow& command) {
  std::string out = "usage: lineman " + std::string(command.name) +
                    (command.arguments.empty() ? "" : " ") + std::string(command.arguments) +
                    "\n\n";
  out += wrapped(command.description, 0);
  if (!command.examples.empty()) out += "\nexamples:\n" + indented(command.examples);
  std::string_view group;
  for (const OptionRow& row : option_table()) {
    if (row.hidden || !row.is_for(command)) continue;
    if (row.group != group) out += "\n" + std::string(row.group) + ":\n";
    group = row.group;
    out += entry(option_left(row), option_right(row), kOptionColumn);
  }
  if (command.bit != 0) {
    out += "\nDurations: 500ms, 2s, 1m30s. URIs: sip:600@pbx, 600@pbx:5070, local:echo.\n";
  }
  return out;
}

std::string help_verb(const VerbRow& verb) {
  std::string out = "verb: " + verb_usage(verb) + "\n\n" + wrapped(verb.summary, 0);
  if (!verb.option.empty()) {
    out += "On the command line: " + std::string(verb.option) + "\n";
  }
  if (!verb.arguments.empty()) out += "\narguments:\n";
  for (const VerbArgument& each : verb.arguments) {
    std::string help(each.help);
    if (!each.fallback.empty()) help += " (default: " + std::string(each.fallback) + ")";
    out += entry(std::string(each.name) + " " + std::string(each.type), help, kOptionColumn);
  }
  return out + "\nexamples, as lines of a script:\n" + indented(verb.examples);
}

std::string help_exit() {
  std::string out = "exit codes:\n";
  for (const ExitRow& row : exit_table()) {
    std::string code = std::to_string(static_cast<int>(row.code));
    if (row.code == Exit::kSignal) code += "+n";
    out += entry(
        code + std::string(code.size() < 5 ? 5 - code.size() : 1, ' ') + std::string(row.name),
        row.meaning, kOptionColumn);
  }
  return out + "\n`lineman explain CODE` says what to look at.\n";
}

std::vector<FieldHelp> field_helps() {
  struct Lister final : FieldVisitor {
    void field(std::string_view path, FieldType, FieldValue, std::string_view help) override {
      fields.push_back({std::string(path), std::string(help)});
    }
    std::vector<FieldHelp> fields;
  } lister;
  const EventBody result = event::Result{};
  event_row(result).visit(result, lister);
  return std::move(lister.fields);
}

std::string help_fields() {
  std::string out = "fields of the result, for --expect and --print:\n";
  for (const FieldHelp& field : field_helps()) out += entry(field.path, field.help, kOptionColumn);
  return out;
}

std::string help_events() {
  std::string out =
      "events, a JSON object a line with --json and --events (man/lineman-events.schema.json has "
      "every field):\n";
  for (const EventRow& row : event_table()) out += entry(row.name, row.summary, kOptionColumn);
  return out;
}

std::string help_local() {
  std::string out =
      "simulated far ends (virtual time, no network; the same call for the same --seed):\n";
  for (const LocalScenario& each : local_scenarios()) {
    std::string left = "local:" + std::string(each.name);
    std::string help(each.summary);
    if (!each.arguments.empty()) help += "; after a ?: " + std::string(each.arguments);
    out += entry(left, help, kOptionColumn);
  }
  return out +
         "\nfor example:\n  lineman dial 'local:answer?ring=1s' --play tone:440,1s --hangup\n";
}

}  // namespace lineman
