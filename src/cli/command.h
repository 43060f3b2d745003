// What a command line came to: plain values, made by parse_command_line(). Nothing is printed or
// opened here. Control thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lineman/phone.h"

namespace lineman {

struct CommandRow;

// How much is told on stderr; each level has what stands before it.
enum class LogLevel : std::uint8_t { kError, kWarning, kInfo, kDebug };

struct OutputOptions {
  bool json = false;
  std::vector<std::string> events;  // files, fd:N
  std::vector<std::string> print;   // fields of the result
  LogLevel level = LogLevel::kInfo;
  std::string junit;
  bool github = false;
  bool digits = false;        // the digits of a --read, on stdout
  bool check_report = false;  // the verdict of `check`, on stdout
  // Something of this process goes to stdout.
  bool uses_stdout() const { return json || !print.empty() || digits || check_report; }
};

// What options say about a verb that another option or word makes.
struct VerbDetails {
  std::optional<Duration> within, max, min;
  std::optional<std::string> filter, until;
};

struct Command {
  const CommandRow* row = nullptr;
  PhoneOptions phone;
  OutputOptions out;
  std::vector<std::string> words;  // what is no option: URI, SRC...
  VerbDetails details;
  Duration echo_delay{};
  std::string password_file;
  std::string registrar;                    // until the account is known
  std::vector<std::string> stdout_options;  // those that write to stdout, as written
};

// What the outside says to a command line.
struct Environment {
  bool at_terminal = false;             // a person sits at stdin and stderr
  std::optional<std::string> password;  // LINEMAN_PASSWORD
  std::function<Result<std::string>(const std::string& path)> read_file;
};

struct CommandRow {
  std::string_view name;
  std::string_view arguments;  // "URI SRC..."
  std::string_view summary;
  std::string_view description;
  std::string_view examples;  // lines that work when pasted
  unsigned bit = 0;           // of OptionRow::commands; 0: takes no options
  // Words and details become PhoneOptions. Null for those that only print.
  Result<void> (*prepare)(Command& command) = nullptr;
  // What it prints on stdout. Null for those that run the phone.
  Result<std::string> (*print)(const Command& command) = nullptr;
  bool hidden = false;
};

}  // namespace lineman
