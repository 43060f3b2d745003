// Digits in INFO: application/dtmf-relay ("Signal=5\r\nDuration=160") and application/dtmf ("5").
// Neither is an RFC; this is how gateways write them. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lineman/leg.h"

namespace lineman {

bool is_digit_type(std::string_view content_type);
// nullopt: the body holds no digit of 0-9*#A-D. Lower case a-d, 10 for * and 11 for # are read too.
std::optional<leg_event::Digit> parse_info_digit(std::string_view content_type,
                                                 std::string_view body);
Body format_info_digit(char digit, Duration length);  // application/dtmf-relay

}  // namespace lineman
