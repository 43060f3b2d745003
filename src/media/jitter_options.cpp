// --jitter: interactive|default|robust|fixed:200ms
#include <string>

#include "lineman/media.h"
#include "lineman/text.h"
#include "units.h"

namespace lineman {

Result<JitterOptions> parse_jitter(std::string_view text) {
  constexpr Duration kLongest = std::chrono::seconds(2);
  const std::string all = "interactive, default, robust or fixed:TIME (fixed:200ms)";
  if (text == "interactive") return JitterOptions{JitterProfile::kInteractive, {}};
  if (text == "default") return JitterOptions{JitterProfile::kDefault, {}};
  if (text == "robust") return JitterOptions{JitterProfile::kRobust, {}};
  constexpr std::string_view kFixed = "fixed:";
  if (text == "fixed" || text.substr(0, kFixed.size()) == kFixed) {
    const auto delay = read_duration(text.size() > kFixed.size() ? text.substr(kFixed.size()) : "");
    if (!delay || *delay > kLongest) {
      return fail(ErrorCode::kUsage, "jitter '" + printable(text) +
                                         "': a fixed delay is a time up to 2s, as in fixed:200ms");
    }
    return JitterOptions{JitterProfile::kFixed, *delay};
  }
  return fail(ErrorCode::kUsage,
              "jitter '" + printable(text) + "' is not known" +
                  did_you_mean(text, {"interactive", "default", "robust", "fixed"}) + ": use " +
                  all);
}

}  // namespace lineman
