#include "command_table.h"

#include <algorithm>

#include "lineman/text.h"

namespace lineman {
namespace {

// user:password@host, with or without a scheme.
bool has_password(std::string_view text) {
  for (const std::string_view scheme : {"sip:", "sips:"}) {
    if (iequals(text.substr(0, scheme.size()), scheme)) {
      text.remove_prefix(scheme.size());
      break;
    }
  }
  const std::string_view user = text.substr(0, text.find('@'));
  return user.size() < text.size() && user.find(':') != std::string_view::npos &&
         user.find('/') == std::string_view::npos;
}

// Addresses of other leg types are for phone/ to judge; what it takes for SIP is checked here,
// before anything is opened.
Result<void> check_target(const std::string& target) {
  const std::size_t colon = target.find(':');
  const std::string_view scheme = std::string_view(target).substr(0, colon);
  const bool other_leg = colon != std::string::npos && !iequals(scheme, "sip") &&
                         !iequals(scheme, "sips") &&
                         scheme.find_first_of("@.[0123456789") == std::string_view::npos;
  const bool port = other_leg && colon + 1 < target.size() && target[colon + 1] >= '0' &&
                    target[colon + 1] <= '9' && !iequals(scheme, "tel");
  if (other_leg && !port && !has_password(target)) return {};
  if (auto uri = parse_typed_uri(target); !uri) return tl::make_unexpected(uri.error());
  return {};
}

}  // namespace

const std::vector<const CommandRow*>& command_table() {
  static const std::vector<const CommandRow*> table = {
      &kDialCommand,    &kAnswerCommand, &kPlayCommand,    &kRecordCommand,   &kEchoCommand,
      &kDtmfCommand,    &kCheckCommand,  &kOptionsCommand, &kRegisterCommand, &kExplainCommand,
      &kVersionCommand, &kHelpCommand,   &kGenDocsCommand};
  return table;
}

const CommandRow* find_command(std::string_view name) {
  const auto& table = command_table();
  const auto it = std::find_if(table.begin(), table.end(),
                               [name](const CommandRow* row) { return row->name == name; });
  return it == table.end() ? nullptr : *it;
}

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const CommandRow* row : command_table()) {
    if (!row->hidden) names.emplace_back(row->name);
  }
  return names;
}

Result<SipUri> parse_typed_uri(const std::string& text) {
  if (has_password(text)) {
    return fail(ErrorCode::kUsage,
                "a password does not belong into a URI, where everybody can read it: use "
                "--password-file FILE, or LINEMAN_PASSWORD in the environment");
  }
  return parse_sip_uri(text);
}

Error usage_error(const CommandRow& row, const std::string& what) {
  const std::string_view example = row.examples.substr(0, row.examples.find('\n'));
  return {ErrorCode::kUsage, what + "\nusage: lineman " + std::string(row.name) +
                                 (row.arguments.empty() ? "" : " ") + std::string(row.arguments) +
                                 (example.empty() ? "" : "\nfor example: " + std::string(example))};
}

Result<void> take_target(Command& command) {
  if (command.words.empty()) {
    return tl::make_unexpected(usage_error(*command.row, "no URI: who is to be called?"));
  }
  command.phone.target = command.words.front();
  command.words.erase(command.words.begin());
  return check_target(command.phone.target);
}

Result<void> add_verb(Command& command, std::string_view verb,
                      const std::vector<std::string>& words) {
  auto made = find_verb(verb)->parse(words);
  if (!made) return tl::make_unexpected(made.error());
  command.phone.actions.push_back(std::move(*made));
  return {};
}

Result<void> expect_no_words(const Command& command) {
  if (command.words.empty()) return {};
  const std::string& word = command.words.front();
  std::string hint;
  if (is_result_field(word)) hint = " (a field needs --print, once for each)";
  return tl::make_unexpected(
      usage_error(*command.row, "'" + printable(word) + "' is one word too many" + hint));
}

}  // namespace lineman
