// Completion for zsh: _describe for the commands, _arguments for the options of each.
#include "docs.h"
#include "option_table.h"

namespace lineman {
namespace {

// Inside '...': of an _arguments spec, where [ ] : have a meaning.
std::string spec_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out;
}

std::string action(const OptionRow& row) {
  if (row.takes_file()) return "_files";
  if (row.choices.empty()) return " ";
  std::string words;
  for (const char c : row.choices) {
    if (c == '|') {
      words += ' ';
    } else {
      if (c == ':' || c == '#') words += '\\';
      words += c;
    }
  }
  return "(" + words + ")";
}

}  // namespace

std::string zsh_completion() {
  std::string out =
      "#compdef lineman\n"
      "# Completion of lineman for zsh. Made by scripts/gen_docs: do not edit.\n"
      "_lineman() {\n"
      "  local -a commands\n"
      "  commands=(\n";
  for (const CommandRow* row : command_table()) {
    if (!row->hidden) {
      out += "    '" + std::string(row->name) + ":" + spec_text(row->summary) + "'\n";
    }
  }
  out +=
      "  )\n"
      "  if (( CURRENT == 2 )); then\n"
      "    _describe command commands\n"
      "    return\n"
      "  fi\n"
      "  local command=$words[2]\n"
      "  shift words\n"
      "  (( CURRENT-- ))\n"
      "  case $command in\n";
  for (const CommandRow* command : command_table()) {
    if (command->hidden) continue;
    out += "    " + std::string(command->name) + ")\n";
    if (command->bit == 0) {
      if (command == &kHelpCommand) {
        out += "      _describe command commands\n";
        std::string verbs;
        for (const VerbRow& verb : verb_table()) verbs += " " + std::string(verb.name);
        out += "      _values topic" + verbs + " exit fields events local ;;\n";
      } else if (command == &kExplainCommand) {
        std::string causes;
        for (const ExitRow& row : exit_table()) causes += " " + std::string(row.name);
        out += "      _values cause" + causes + " ;;\n";
      } else {
        out += "      ;;\n";
      }
      continue;
    }
    out += "      _arguments -S";
    for (const OptionRow& row : option_table()) {
      if (row.hidden || !row.is_for(*command)) continue;
      const auto spec = [&row](std::string_view name) {
        std::string text = " \\\n        '*" + std::string(name) + "[" + spec_text(row.help) + "]";
        if (!row.argument.empty()) text += ":" + spec_text(row.argument) + ":" + action(row);
        return text + "'";
      };
      out += spec(row.name);
      if (!row.alias.empty()) out += spec(row.alias);
    }
    out += " \\\n        '--help[what it does, with examples]' '*:word:_files' ;;\n";
  }
  return out + "  esac\n}\n_lineman \"$@\"\n";
}

}  // namespace lineman
