#include "verb_arguments.h"

#include <charconv>

#include "lineman/text.h"

namespace lineman {

std::string_view argument_name(std::string_view word) {
  std::size_t end = 0;
  while (end < word.size() && (word[end] == '_' || (word[end] >= 'a' && word[end] <= 'z'))) ++end;
  return end > 0 && end < word.size() && word[end] == '=' ? word.substr(0, end)
                                                          : std::string_view();
}

const VerbArgument* Arguments::find(std::string_view name) const {
  for (const VerbArgument& each : row_.arguments) {
    if (each.name == name) return &each;
  }
  return nullptr;
}

std::string Arguments::usage() const {
  std::string text = "usage: " + std::string(row_.name);
  for (const VerbArgument& each : row_.arguments) {
    const bool optional = !each.positional || !each.fallback.empty();
    text += optional ? " [" : " ";
    if (!each.positional) text += std::string(each.name) + "=";
    text += std::string(each.type) + (each.many ? "..." : "") + (optional ? "]" : "");
  }
  return text;
}

tl::unexpected<Error> Arguments::bad_at(std::size_t word, std::string why) {
  bad_ = word;
  return fail(ErrorCode::kUsage, std::string(row_.name) + ": " + std::move(why));
}

Result<void> Arguments::take(std::span<const std::string> words) {
  words_ = words.size();
  values_.clear();
  std::size_t next = 0;  // the next positional argument
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    const std::string_view name = argument_name(word);
    const VerbArgument* argument = nullptr;
    if (!name.empty()) {
      argument = find(name);
      if (argument == nullptr) {
        std::vector<std::string> known;
        for (const VerbArgument& each : row_.arguments) known.emplace_back(each.name);
        std::string why = "no argument '" + std::string(name) + "'" + did_you_mean(name, known);
        if (!row_.arguments.empty() && row_.arguments.front().positional) {
          why += " (if the whole word is meant, write '" +
                 std::string(row_.arguments.front().name) + "=" + printable(word) + "')";
        }
        return bad_at(i, std::move(why));
      }
    } else {
      while (next < row_.arguments.size() && !row_.arguments[next].positional) ++next;
      if (next == row_.arguments.size()) {
        return bad_at(i, "unexpected '" + printable(word) + "'; " + usage());
      }
      argument = &row_.arguments[next];
      if (!argument->many) ++next;
    }
    if (!argument->many) {
      for (const Value& each : values_) {
        if (each.argument == argument) {
          return bad_at(i, "'" + std::string(argument->name) + "' is given twice");
        }
      }
    }
    values_.push_back({argument, name.empty() ? word : word.substr(name.size() + 1), i});
  }
  for (const VerbArgument& each : row_.arguments) {
    if (!each.positional || !each.fallback.empty() || !texts(each.name).empty()) continue;
    return bad_at(words_, "no " + std::string(each.name) + " given; " + usage());
  }
  return {};
}

std::optional<std::string_view> Arguments::text(std::string_view name) {
  for (const Value& each : values_) {
    if (each.argument->name == name) return each.text;
  }
  const VerbArgument* argument = find(name);
  if (argument == nullptr || argument->fallback.empty()) return std::nullopt;
  return argument->fallback;
}

std::vector<std::string_view> Arguments::texts(std::string_view name) const {
  std::vector<std::string_view> all;
  for (const Value& each : values_) {
    if (each.argument->name == name) all.push_back(each.text);
  }
  return all;
}

Result<Duration> Arguments::duration(std::string_view name) {
  const std::optional<std::string_view> given = text(name);
  if (!given) return Duration::zero();
  Result<Duration> value = parse_duration(*given);
  if (!value) return pass_on(name, value.error());
  return value;
}

Result<int> Arguments::integer(std::string_view name, int least, int most) {
  const std::string_view given = text(name).value_or("");
  int value = 0;
  const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), value);
  if (error != std::errc{} || end != given.data() + given.size() || value < least || value > most) {
    return bad(name, "'" + printable(given) + "' is not a whole number from " +
                         std::to_string(least) + " to " + std::to_string(most));
  }
  return value;
}

Result<bool> Arguments::flag(std::string_view name) {
  const std::string_view given = text(name).value_or("no");
  if (given == "yes" || given == "true") return true;
  if (given == "no" || given == "false") return false;
  return bad(name, "'" + printable(given) + "' is neither yes nor no");
}

tl::unexpected<Error> Arguments::bad(std::string_view name, std::string_view why) {
  return pass_on(name, Error{ErrorCode::kUsage, std::string(why)});
}

tl::unexpected<Error> Arguments::pass_on(std::string_view name, Error error) {
  bad_ = words_;
  for (const Value& each : values_) {
    if (each.argument->name == name) bad_ = each.word;
  }
  const VerbArgument* argument = find(name);
  const bool named = argument != nullptr && !argument->positional;
  return fail(error.code, std::string(row_.name) + ": " +
                              (named ? std::string(name) + ": " : std::string()) + error.text);
}

}  // namespace lineman
