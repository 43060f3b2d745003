// Completion for bash: one function, a case for the options of every command and one for the values
// of every option.
#include <map>

#include "docs.h"
#include "lineman/text.h"
#include "option_table.h"

namespace lineman {
namespace {

std::string words_of(std::string choices) {
  for (char& c : choices) {
    if (c == '|') c = ' ';
  }
  return choices;
}

std::string joined(const std::vector<std::string>& words, std::string_view separator) {
  std::string all;
  for (const std::string& word : words) {
    all += (all.empty() ? "" : std::string(separator)) + word;
  }
  return all;
}

}  // namespace

std::string bash_completion() {
  std::vector<std::string> files;
  std::vector<std::string> others;
  std::map<std::string, std::vector<std::string>> choices;
  for (const OptionRow& row : option_table()) {
    if (row.hidden || row.argument.empty()) continue;
    if (row.takes_file()) {
      files.emplace_back(row.name);
    } else if (!row.choices.empty()) {
      choices[words_of(row.choices)].emplace_back(row.name);
    } else {
      others.emplace_back(row.name);
    }
  }
  std::string topics;
  for (const VerbRow& verb : verb_table()) topics += " " + std::string(verb.name);
  std::string causes;
  for (const ExitRow& row : exit_table()) causes += " " + std::string(row.name);

  std::string out =
      "# Completion of lineman for bash. Made by scripts/gen_docs: do not edit.\n"
      "_lineman() {\n"
      "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} options= i\n"
      "  COMPREPLY=()\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "    COMPREPLY=($(compgen -W '" +
      joined(command_names(), " ") +
      "' -- \"$cur\"))\n"
      "    return\n"
      "  fi\n"
      "  for ((i = 2; i < COMP_CWORD; i++)); do\n"
      "    if [ \"${COMP_WORDS[i]}\" = -- ]; then\n"
      "      COMPREPLY=($(compgen -c -f -- \"$cur\"))\n"
      "      return\n"
      "    fi\n"
      "  done\n"
      "  case $prev in\n"
      "    " +
      joined(files, "|") +
      ")\n"
      "      compopt -o filenames\n"
      "      COMPREPLY=($(compgen -f -- \"$cur\"))\n"
      "      return ;;\n";
  for (const auto& [words, names] : choices) {
    out += "    " + joined(names, "|") + ")\n      COMPREPLY=($(compgen -W '" + words +
           "' -- \"$cur\"))\n      return ;;\n";
  }
  out += "    " + joined(others, "|") + ")\n      return ;;\n  esac\n  case ${COMP_WORDS[1]} in\n";
  for (const CommandRow* command : command_table()) {
    if (command->hidden || command->bit == 0) continue;
    std::string options;
    for (const OptionRow& row : option_table()) {
      if (row.hidden || !row.is_for(*command)) continue;
      options += " " + std::string(row.name);
    }
    out += "    " + std::string(command->name) + ") options='--help" + options + "' ;;\n";
  }
  out += "    help) options='" + joined(command_names(), " ") + topics +
         " exit fields events local' ;;\n"
         "    explain) options='" +
         causes.substr(1) +
         "' ;;\n"
         "  esac\n"
         "  if [[ $cur == -* || ${COMP_WORDS[1]} == help || ${COMP_WORDS[1]} == explain ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
         "  elif [[ ${COMP_WORDS[1]} == play || ${COMP_WORDS[1]} == record ]]; then\n"
         "    compopt -o filenames\n"
         "    COMPREPLY=($(compgen -f -- \"$cur\"))\n"
         "  fi\n"
         "}\n"
         "complete -F _lineman lineman\n";
  return out;
}

}  // namespace lineman
