// Small text helpers that more than one room needs. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lineman {

// Up to `most` candidates close to `word` (Damerau-Levenshtein, prefix matches first), for "did you
// mean".
std::vector<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates,
                                 std::size_t most = 3);
// ", did you mean 'a' or 'b'?" or "".
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

// Invalid UTF-8 becomes U+FFFD: for JSON.
std::string repair_utf8(std::string_view untrusted);
// Control characters and invalid UTF-8 escaped as \xNN, no line breaks: for a terminal or a log.
std::string printable(std::string_view untrusted);

bool iequals(std::string_view a, std::string_view b);                        // ASCII
std::vector<std::string_view> split(std::string_view text, char separator);  // empty parts kept
std::string_view trim(std::string_view text);                                // ASCII white space

}  // namespace lineman
