// Script lines: whatever parses must print as a line that parses to the same verb, and an error is
// short and says its column. Durations, sources and digits are reached through their verbs.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lineman/verb.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  if (const auto verb = lineman::parse_verb_line(line)) {
    const auto again = lineman::parse_verb_line(lineman::verb_line(*verb));
    if (!again || *again != *verb) std::abort();
  } else if (verb.error().text.rfind("column ", 0) != 0) {
    std::abort();
  }
  if (const auto duration = lineman::parse_duration(line)) {
    const auto again = lineman::parse_duration(lineman::duration_text(*duration));
    if (!again || *again != *duration || duration->count() < 0) std::abort();
  }
  return 0;
}
