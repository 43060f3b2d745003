// How the value of an option reaches its place: one template a type of value, for the rows of the
// list. Pure.
#pragma once

#include <charconv>
#include <string>
#include <string_view>

#include "lineman/text.h"
#include "option_table.h"

namespace lineman {

inline Result<void> keep_duration(Duration& to, const std::string& value) {
  auto parsed = parse_duration(value);
  if (!parsed) return tl::make_unexpected(parsed.error());
  to = *parsed;
  return {};
}

template <class T>
Result<void> keep_number(T& to, std::string_view value, T least, T most) {
  T number{};
  const char* end = value.data() + value.size();
  const auto [at, error] = std::from_chars(value.data(), end, number);
  if (error != std::errc{} || at != end || number < least || number > most) {
    return fail(ErrorCode::kUsage, "'" + printable(value) + "' is no number from " +
                                       std::to_string(least) + " to " + std::to_string(most));
  }
  to = number;
  return {};
}

template <auto Member>
Result<void> set_duration(Command& command, const OptionRow&, const std::string& value) {
  return keep_duration(command.phone.*Member, value);
}
template <auto Member, int Least, int Most>
Result<void> set_number(Command& command, const OptionRow&, const std::string& value) {
  return keep_number(command.phone.*Member, value, Least, Most);
}
template <auto Member>
Result<void> set_flag(Command& command, const OptionRow&, const std::string&) {
  command.phone.*Member = true;
  return {};
}
inline Result<void> not_empty(const std::string& value) {
  if (value.empty()) return fail(ErrorCode::kUsage, "the value is empty");
  return {};
}
template <auto Member>
Result<void> set_text(Command& command, const OptionRow&, const std::string& value) {
  command.phone.*Member = value;
  return not_empty(value);
}
// For options that may write to stdout.
inline void note_stdout(Command& command, const OptionRow& row, const std::string& value) {
  if (value == "-" || value == "fd:1") {
    command.stdout_options.push_back(std::string(row.name) + " " + value);
  }
}

}  // namespace lineman
