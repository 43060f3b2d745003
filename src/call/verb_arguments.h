// The words of one verb, sorted into its arguments: positional ones in order, then name=value. Any
// thread; pure. A positional argument may be given by name too (`play source='a=b.wav'`), which is
// how a word that looks like name=value is said.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lineman/result.h"
#include "lineman/verb.h"

namespace lineman {

class Arguments {
 public:
  explicit Arguments(const VerbRow& row) : row_(row) {}

  Result<void> take(std::span<const std::string> words);

  // Values by argument name; the argument's fallback when it was not given.
  std::optional<std::string_view> text(std::string_view name);
  std::vector<std::string_view> texts(std::string_view name) const;
  Result<Duration> duration(std::string_view name);  // absent without a fallback: zero
  Result<int> integer(std::string_view name, int least, int most);
  Result<bool> flag(std::string_view name);

  // An error about this argument; remembers which word is at fault.
  tl::unexpected<Error> bad(std::string_view name, std::string_view why);
  tl::unexpected<Error> pass_on(std::string_view name, Error error);
  std::size_t bad_word() const { return bad_; }  // index into the words; their count: the end

 private:
  struct Value {
    const VerbArgument* argument;
    std::string_view text;
    std::size_t word;
  };
  tl::unexpected<Error> bad_at(std::size_t word, std::string why);
  const VerbArgument* find(std::string_view name) const;
  std::string usage() const;

  const VerbRow& row_;
  std::vector<Value> values_;
  std::size_t bad_ = 0;
  std::size_t words_ = 0;
};

std::string source_text(const SourceSpec& spec);  // parses back to the same source

// The name of a word that reads as name=value, else empty.
std::string_view argument_name(std::string_view word);

}  // namespace lineman
