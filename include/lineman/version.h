// The version of this build, from CMake.
#pragma once

#include <string_view>

namespace lineman {

inline constexpr std::string_view kVersion = LINEMAN_VERSION;

}  // namespace lineman
