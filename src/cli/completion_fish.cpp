// Completion for fish: a line for every command and every option of it.
#include "docs.h"
#include "option_table.h"

namespace lineman {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string seen(const OptionRow& row) {
  std::string all;
  for (const CommandRow* command : command_table()) {
    if (row.is_for(*command)) all += " " + std::string(command->name);
  }
  return quoted("__fish_seen_subcommand_from" + all);
}

std::string value(const OptionRow& row) {
  if (row.argument.empty()) return "";
  if (row.takes_file()) return " -r -F";
  if (row.choices.empty()) return " -x";
  std::string words = row.choices;
  for (char& c : words) {
    if (c == '|') c = ' ';
  }
  return " -x -a " + quoted(words);
}

}  // namespace

std::string fish_completion() {
  std::string out =
      "# Completion of lineman for fish. Made by scripts/gen_docs: do not edit.\n"
      "complete -c lineman -f\n";
  for (const CommandRow* row : command_table()) {
    if (row->hidden) continue;
    out += "complete -c lineman -n __fish_use_subcommand -a " + std::string(row->name) + " -d " +
           quoted(row->summary) + "\n";
  }
  out += "complete -c lineman -n '__fish_seen_subcommand_from play record' -F\n";
  std::string topics;
  for (const std::string& name : command_names()) topics += name + " ";
  for (const VerbRow& verb : verb_table()) topics += std::string(verb.name) + " ";
  out += "complete -c lineman -n '__fish_seen_subcommand_from help' -a '" + topics +
         "exit fields events local'\n";
  std::string causes;
  for (const ExitRow& row : exit_table()) {
    causes += (causes.empty() ? "" : " ") + std::string(row.name);
  }
  out += "complete -c lineman -n '__fish_seen_subcommand_from explain' -a '" + causes + "'\n";
  for (const OptionRow& row : option_table()) {
    if (row.hidden) continue;
    out += "complete -c lineman -n " + seen(row) + " -l " + std::string(row.name.substr(2)) +
           (row.alias.empty() ? "" : " -s " + std::string(row.alias.substr(1))) + value(row) +
           " -d " + quoted(row.help) + "\n";
  }
  return out;
}

}  // namespace lineman
