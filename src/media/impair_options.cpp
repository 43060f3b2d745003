// --impair 'rx:loss=3%,jitter=20ms,delay=40ms,reorder=1%,dup=0.5%,burst=3;tx:...'
#include <string>
#include <vector>

#include "impair.h"
#include "lineman/text.h"
#include "units.h"

namespace lineman {
namespace {

using Way = Impairment::Way;

tl::unexpected<Error> wrong(std::string_view key, std::string_view value, std::string_view wanted) {
  return fail(ErrorCode::kUsage, "impairment " + std::string(key) + "=" + printable(value) + ": " +
                                     std::string(key) + " is " + std::string(wanted));
}

Result<void> read_percent(std::string_view key, std::string_view value, double& out) {
  const auto read = read_percentage(value);
  if (!read) return wrong(key, value, "a percentage up to 100%, as in " + std::string(key) + "=3%");
  out = *read;
  return {};
}

Result<void> read_time(std::string_view key, std::string_view value, Duration& out) {
  const auto read = read_duration(value);
  if (!read || *read > kLongestImpairment) {
    return wrong(key, value, "a time up to 2s, as in " + std::string(key) + "=20ms");
  }
  out = *read;
  return {};
}

Result<void> read_burst(std::string_view key, std::string_view value, double& out) {
  const auto read = read_number(value);
  if (!read || *read < 1 || *read > 1000) {
    return wrong(key, value,
                 "the mean length of a loss burst in packets, 1 to 1000, as in burst=3");
  }
  out = *read;
  return {};
}

Result<void> read_item(std::string_view item, Way& way) {
  const std::size_t equals = item.find('=');
  const std::string_view key = trim(item.substr(0, equals));
  const std::string_view value =
      equals == std::string_view::npos ? std::string_view() : trim(item.substr(equals + 1));
  if (key == "loss") return read_percent(key, value, way.loss);
  if (key == "reorder") return read_percent(key, value, way.reorder);
  if (key == "dup") return read_percent(key, value, way.duplicate);
  if (key == "jitter") return read_time(key, value, way.jitter);
  if (key == "delay") return read_time(key, value, way.delay);
  if (key == "burst") return read_burst(key, value, way.burst);
  return fail(ErrorCode::kUsage,
              "impairment '" + printable(key) + "' is not known" +
                  did_you_mean(key, {"loss", "burst", "delay", "jitter", "reorder", "dup"}) +
                  ": there are loss, burst, delay, jitter, reorder and dup");
}

}  // namespace

Result<Impairment> parse_impairment(std::string_view text) {
  Impairment out;
  bool rx = false, tx = false;
  for (std::string_view part : split(text, ';')) {
    part = trim(part);
    if (part.empty()) continue;
    const std::size_t colon = part.find(':');
    const std::string_view name = trim(part.substr(0, colon));
    if (colon == std::string_view::npos || (name != "rx" && name != "tx")) {
      return fail(ErrorCode::kUsage,
                  "impairment '" + printable(part) +
                      "': begin with rx: (what comes in) or tx: (what goes out), "
                      "as in 'rx:loss=3%,jitter=20ms;tx:delay=40ms'");
    }
    bool& seen = name == "rx" ? rx : tx;
    if (seen) {
      return fail(ErrorCode::kUsage, "impairment: " + std::string(name) +
                                         ": is given twice; put all of it into one list");
    }
    seen = true;
    Way& way = name == "rx" ? out.rx : out.tx;
    for (const std::string_view item : split(part.substr(colon + 1), ',')) {
      if (const auto read = read_item(item, way); !read) return tl::make_unexpected(read.error());
    }
  }
  if (!rx && !tx) {
    return fail(ErrorCode::kUsage,
                "an impairment is missing: give one, as in 'rx:loss=3%,jitter=20ms'");
  }
  return out;
}

}  // namespace lineman
