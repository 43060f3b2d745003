// Numbers with a unit, as options of the media write them: "20ms", "1.5s", "3%". Control thread.
#pragma once

#include <optional>
#include <string_view>

#include "lineman/time.h"

namespace lineman {

std::optional<double> read_number(std::string_view text);      // 3, 0.5; nothing behind it, no sign
std::optional<Duration> read_duration(std::string_view text);  // ms or s; at most a day
std::optional<double> read_percentage(std::string_view text);  // "3%" is 0.03; at most 100 %

}  // namespace lineman
