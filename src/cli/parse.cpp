#include "parse.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

#include "lineman/text.h"
#include "option_table.h"

namespace lineman {
namespace {

constexpr std::string_view kSeeHelp = "; see `lineman help`";

Error named(const OptionRow& row, Error error) {
  error.text = std::string(row.name) + ": " + error.text;
  return error;
}

Error unknown_option(const CommandRow& command, const std::string& word) {
  const std::string name = word.substr(0, word.find('='));
  if (const OptionRow* row = find_option(name); row != nullptr && !row->hidden) {
    std::string where;
    for (const CommandRow* each : command_table()) {
      if (row->is_for(*each)) where += (where.empty() ? "" : ", ") + std::string(each->name);
    }
    return {ErrorCode::kUsage, std::string(row->name) + " is no option of `lineman " +
                                   std::string(command.name) + "` but of " + where};
  }
  const std::string near = did_you_mean(name, option_names(command));
  return {ErrorCode::kUsage,
          "no option '" + printable(name) + "'" +
              (near.empty() ? "; see `lineman help " + std::string(command.name) + "`" : near)};
}

// `what`: the name of an option, or a message of CLI11 that begins with one.
Error missing_value(const CommandRow& command, const std::string& what) {
  std::string name = what.substr(0, what.find_first_of(": "));
  if (name.rfind('-', 0) != 0) name.insert(0, "--");
  const OptionRow* row = find_option(name);
  if (row == nullptr) return {ErrorCode::kUsage, what};
  if (row->argument.empty()) {
    return {ErrorCode::kUsage,
            std::string(row->name) + " takes no value: leave out what follows ="};
  }
  return {ErrorCode::kUsage, std::string(row->name) + " needs a value: " + std::string(row->name) +
                                 " " + std::string(row->argument) + "; see `lineman help " +
                                 std::string(command.name) + "`"};
}

struct Written {
  const OptionRow* row;
  std::string value;
};

// CLI11 splits the words; nothing is converted there, so that every message is ours. `rest` gets
// what is no option.
Result<std::vector<Written>> split_options(const CommandRow& command,
                                           std::span<const std::string> words,
                                           std::vector<std::string>& rest) {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  std::map<const CLI::Option*, const OptionRow*> rows;
  std::vector<std::vector<std::string>> values(option_table().size());
  std::size_t next = 0;
  for (const OptionRow& row : option_table()) {
    if (!row.is_for(command)) continue;
    std::string name(row.name);
    if (!row.alias.empty()) name = std::string(row.alias) + "," + name;
    CLI::Option* option = nullptr;
    if (row.argument.empty()) {
      option = app.add_flag(name)
                   ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
                   ->disable_flag_override();
    } else {
      option = app.add_option(name, values[next++])->allow_extra_args(false);
    }
    rows[option] = &row;
  }
  std::vector<std::string> reversed(words.rbegin(), words.rend());
  try {
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    return tl::make_unexpected(missing_value(command, error.what()));
  }
  for (std::string& word : app.remaining()) {
    if (word.size() > 1 && word.front() == '-') {
      return tl::make_unexpected(unknown_option(command, word));
    }
    rest.push_back(std::move(word));
  }
  std::vector<Written> written;
  std::map<const CLI::Option*, std::size_t> seen;
  for (const CLI::Option* option : app.parse_order()) {
    const auto& results = option->results();
    const std::size_t at = seen[option]++;
    Written each{rows.at(option), at < results.size() ? results[at] : ""};
    // CLI11 takes whatever comes next: `--play --hangup` wants a SRC, not a file of that name.
    const bool is_option = each.value.rfind("--", 0) == 0 || find_option(each.value) != nullptr;
    if (!each.row->argument.empty() && is_option) {
      return tl::make_unexpected(missing_value(command, std::string(each.row->name)));
    }
    written.push_back(std::move(each));
  }
  return written;
}

Result<void> take_account(Command& command, const Environment& environment) {
  auto& account = command.phone.sip.account;
  if (!account) {
    if (!command.password_file.empty() || !command.registrar.empty()) {
      return fail(ErrorCode::kUsage,
                  std::string(command.password_file.empty() ? "--registrar" : "--password-file") +
                      " belongs to an account: add --as alice@example.org");
    }
    return {};
  }
  account->registrar = command.registrar;
  command.phone.register_account = command.phone.mode == PhoneOptions::Mode::kAnswer;
  if (command.password_file.empty()) {
    account->password = environment.password.value_or("");
    return {};
  }
  auto text = environment.read_file(command.password_file);
  if (!text) return tl::make_unexpected(text.error());
  account->password = text->substr(0, text->find_first_of("\r\n"));
  if (!account->password.empty()) return {};
  return fail(ErrorCode::kFile, "the first line of --password-file '" + command.password_file +
                                    "' is empty: it has to be the password");
}

// What only several options together can do wrong.
Result<void> check_together(Command& command) {
  const PhoneOptions& phone = command.phone;
  auto& out = command.out;
  if (command.stdout_options.size() > 1) {
    return fail(ErrorCode::kUsage, command.stdout_options[0] + " and " + command.stdout_options[1] +
                                       " both write to stdout: give one of them a file "
                                       "(--events FILE for --json)");
  }
  const bool taken = !command.stdout_options.empty();
  out.digits = out.digits && !taken;
  out.check_report = out.check_report && !taken;
  if (command.details.within || command.details.filter) {
    return fail(ErrorCode::kUsage, std::string(command.details.within ? "--within" : "--filter") +
                                       " belongs to a --read" +
                                       (command.details.within ? " or a --wait" : "") +
                                       ", and there is none");
  }
  if (phone.reject && (!phone.actions.empty() || phone.early)) {
    return fail(ErrorCode::kUsage, "--reject refuses every call: there is none for actions");
  }
  if (phone.early &&
      (phone.actions.empty() || !std::holds_alternative<verb::Play>(phone.actions.front()))) {
    return fail(ErrorCode::kUsage, "--early plays before the answer: start with a --play");
  }
  return {};
}

Result<Command> with_options(const CommandRow& row, std::span<const std::string> words,
                             const Environment& environment) {
  Command command;
  command.row = &row;
  if (environment.at_terminal) command.phone.max_call = Duration{};
  const auto end = std::find(words.begin(), words.end(), "--");
  if (end != words.end()) {
    if ((row.bit & (kTakers | kRegister)) == 0) {
      return fail(ErrorCode::kUsage, "`-- CMD...` is for answer, echo and register: " +
                                         std::string(row.name) + " runs no command");
    }
    command.phone.command.assign(end + 1, words.end());
    if (command.phone.command.empty()) {
      return fail(ErrorCode::kUsage, "no command after --: leave it out or write -- CMD...");
    }
  }
  auto written =
      split_options(row, words.first(static_cast<std::size_t>(end - words.begin())), command.words);
  if (!written) return tl::make_unexpected(written.error());
  for (const Written& each : *written) {
    if (auto applied = each.row->apply(command, *each.row, each.value); !applied) {
      return tl::make_unexpected(named(*each.row, applied.error()));
    }
  }
  return row.prepare(command)
      .and_then([&] { return take_account(command, environment); })
      .and_then([&] { return check_together(command); })
      .map([&] { return std::move(command); });
}

bool asks_for_help(std::span<const std::string> words) {
  for (const std::string& word : words) {
    if (word == "--") return false;
    if (word == "--help" || word == "-h") return true;
  }
  return false;
}

}  // namespace

Result<Command> parse_command_line(std::span<const std::string> words,
                                   const Environment& environment) {
  if (words.empty()) {
    return fail(
        ErrorCode::kUsage, "no command: " + [] {
          std::string all;
          for (const std::string& name : command_names()) all += " " + name;
          return "one of" + all;
        }() + "\nfor example: lineman check local:echo");
  }
  const std::string& name = words.front();
  Command command;
  if (name == "--help" || name == "-h") {
    command.row = &kHelpCommand;
    return command;
  }
  if (name == "--version" || name == "-V") {
    command.row = &kVersionCommand;
    return command;
  }
  const CommandRow* row = find_command(name);
  if (row == nullptr) {
    if (name.front() == '-') {
      return fail(ErrorCode::kUsage,
                  "the command comes before its options, as in `lineman check "
                  "local:echo " +
                      printable(name) + "`");
    }
    const std::string near = did_you_mean(name, command_names());
    return fail(ErrorCode::kUsage, "no command '" + printable(name) + "'" +
                                       (near.empty() ? std::string(kSeeHelp) : near));
  }
  if (asks_for_help(words.subspan(1))) {
    command.row = &kHelpCommand;
    command.words = {name};
    return command;
  }
  if (row->print == nullptr) return with_options(*row, words.subspan(1), environment);
  command.row = row;
  command.words.assign(words.begin() + 1, words.end());
  return command;
}

}  // namespace lineman
