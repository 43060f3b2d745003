// The readable verdict of `lineman check`. Pure.
#pragma once

#include <string>

#include "lineman/call_result.h"

namespace lineman {

// Several lines with a final newline; text of the peer is made safe for a terminal.
std::string check_report(const CallResult& result, double test_tone_hz);

}  // namespace lineman
