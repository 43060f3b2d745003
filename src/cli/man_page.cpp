// lineman(1), in man(7) macros.
#include "docs.h"
#include "help.h"
#include "lineman/version.h"
#include "sip_status.h"

namespace lineman {
namespace {

// A dot or quote at the start of a line is a request to roff; a minus is a minus only when escaped.
std::string roff(std::string_view text) {
  std::string out;
  bool line_start = true;
  for (const char c : text) {
    if (line_start && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if (c == '\'') {
      out += "\\(aq";
    } else if (c == '"') {
      out += "\\(dq";
    } else if (c == '`') {
      out += "\\(ga";
    } else if (c == '~') {
      out += "\\(ti";
    } else if (c == '^') {
      out += "\\(ha";
    } else {
      out += c;
    }
    line_start = c == '\n';
  }
  return out;
}

std::string section(std::string_view title) { return ".SH " + std::string(title) + "\n"; }
std::string tagged(const std::string& tag, std::string_view text) {
  return ".TP\n" + tag + "\n" + roff(text) + "\n";
}
std::string bold(std::string_view text) { return "\\fB" + roff(text) + "\\fR"; }
std::string example(std::string_view lines) { return ".PP\n.EX\n" + roff(lines) + "\n.EE\n"; }

std::string option_tag(const OptionRow& row) {
  std::string tag = row.alias.empty() ? "" : bold(row.alias) + ", ";
  tag += bold(row.name);
  if (!row.argument.empty()) tag += " \\fI" + roff(row.argument) + "\\fR";
  return tag;
}

std::string commands_of(const OptionRow& row) {
  if ((row.commands & kAllPhone) == kAllPhone) return "";
  if (row.commands == kCalls) return "";
  std::string all;
  for (const CommandRow* each : command_table()) {
    if (row.is_for(*each)) all += (all.empty() ? "" : ", ") + std::string(each->name);
  }
  return " [" + all + "]";
}

std::string commands() {
  std::string out = section("COMMANDS");
  for (const CommandRow* row : command_table()) {
    if (row->hidden) continue;
    out += ".SS " + bold("lineman " + std::string(row->name)) +
           (row->arguments.empty() ? "" : " " + roff(row->arguments)) + "\n" +
           roff(row->description) + "\n" + example(row->examples);
  }
  return out;
}

std::string options() {
  std::string out = section("OPTIONS") +
                    "Where only some commands take an option, they are named in brackets. Options "
                    "of calls mean nothing to \\fBoptions\\fR and \\fBregister\\fR, which refuse "
                    "them. A duration is written 500ms, 2s or 1m30s.\n";
  std::string_view group;
  for (const OptionRow& row : option_table()) {
    if (row.hidden) continue;
    if (row.group != group) out += ".SS " + roff(row.group) + "\n";
    group = row.group;
    out += tagged(option_tag(row), option_right(row) + commands_of(row));
  }
  return out;
}

std::string verbs() {
  std::string out = section("VERBS") + "What can be done in a call.\n";
  for (const VerbRow& verb : verb_table()) {
    std::string tag = bold(verb.name);
    for (const VerbArgument& each : verb.arguments) {
      tag +=
          " " + (each.positional ? "" : roff(each.name) + "=") + "\\fI" + roff(each.type) + "\\fR";
    }
    std::string text(verb.summary);
    if (!verb.option.empty()) text += "; the option " + std::string(verb.option);
    out += tagged(tag, text);
  }
  return out;
}

std::string simulated() {
  std::string out = section("SIMULATED CALLS") +
                    "An address that begins with local: is a far end in virtual time, without a "
                    "network; the same call for the same \\fB\\-\\-seed\\fR.\n";
  for (const LocalScenario& each : local_scenarios()) {
    std::string tag = bold("local:" + std::string(each.name));
    if (!each.arguments.empty()) tag += "?\\fI" + roff(each.arguments) + "\\fR";
    out += tagged(tag, each.summary);
  }
  return out;
}

std::string exits() {
  std::string out = section("EXIT STATUS");
  for (const ExitRow& row : exit_table()) {
    std::string code = std::to_string(static_cast<int>(row.code));
    if (row.code == Exit::kSignal) code += "+n";
    out += tagged(bold(code) + " (" + roff(row.name) + ")", row.meaning);
  }
  return out + ".PP\n" + roff("`lineman explain CODE` says what to look at.") + "\n";
}

}  // namespace

std::string man_page() {
  std::string out =
      ".\\\" Made by scripts/gen_docs from the tables of the program: do not edit.\n"
      ".TH LINEMAN 1 \"\" \"lineman " +
      std::string(kVersion) + "\" \"User Commands\"\n" + section("NAME") +
      "lineman \\- command\\-line softphone and call\\-testing tool\n" + section("SYNOPSIS");
  for (const CommandRow* row : command_table()) {
    if (row->hidden) continue;
    out += (row == command_table().front() ? "" : ".br\n") +
           bold("lineman " + std::string(row->name)) +
           (row->arguments.empty() ? "" : " " + roff(row->arguments)) +
           (row->bit != 0 ? " [OPTIONS]" : "") + "\n";
  }
  out += section("DESCRIPTION") +
         roff(
             "lineman places and answers calls, plays, records, echoes, sends and reads digits, "
             "proves that the audio arrived, and says what happened as events and as an exit code "
             "that can be trusted. Standard output carries only what was asked for; narration "
             "goes to standard error.") +
         "\n";
  out += commands() + options() + verbs() + simulated();
  out += section("EVENTS") +
         roff(
             "With --json and --events every event is a JSON object on a line "
             "of its own: v, seq, time, t_ms, call, event and its fields. "
             "The schema is in share/lineman/lineman-events.schema.json.") +
         "\n";
  for (const EventRow& row : event_table()) out += tagged(bold(row.name), row.summary);
  out += section("RESULT FIELDS") +
         roff("For --expect and --print; also the fields of the events result and call.result.") +
         "\n";
  for (const FieldHelp& field : field_helps()) out += tagged(bold(field.path), field.help);
  out += exits();
  out += section("ENVIRONMENT") +
         tagged(bold("LINEMAN_PASSWORD"),
                "The password of the account, unless --password-file is "
                "given.") +
         tagged(bold("LINEMAN_URI"), "Set for CMD: where calls are taken.") +
         tagged(bold("NO_COLOR"), "No colours on a terminal.");
  return out;
}

}  // namespace lineman
