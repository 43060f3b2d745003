#include <gmock/gmock.h>

#include <random>

#include "lineman/verb.h"

namespace lineman {
namespace {

using namespace std::chrono_literals;

TEST(ParseDuration, Values) {
  struct Case {
    std::string_view text;
    Duration value;
  };
  for (const Case& each : {
           Case{"500ms", 500ms},
           Case{"2s", 2s},
           Case{"1m30s", 90s},
           Case{"0.5s", 500ms},
           Case{"2h", 2h},
           Case{"0s", 0s},
           Case{"1h2m3s4ms", 1h + 2min + 3s + 4ms},
           Case{"1h4ms", 1h + 4ms},
           Case{"1.5h", 90min},
           Case{"1m0.25s", 60250ms},
           Case{"0.000001ms", 1ns},
           Case{"0.0000009ms", 0ns},  // rounded down to the clock's own grain
           Case{"0.33333333333333333333333333h", Duration(1'199'999'999'999)},
           Case{"007s", 7s},
           Case{"10000h", 10000h},
       }) {
    const Result<Duration> value = parse_duration(each.text);
    ASSERT_TRUE(value) << value.error().text;
    EXPECT_EQ(*value, each.value) << each.text;
  }
}

TEST(ParseDuration, ErrorsNameTheCure) {
  struct Case {
    std::string_view text, says;
  };
  for (const Case& each : {
           Case{"", "2s"},
           Case{"5", "write 5s or 5ms"},
           Case{"1.5", "write 1.5s or 1.5ms"},
           Case{"1m30", "write 1m30s"},
           Case{"-2s", "negative"},
           Case{"s", "a number and a unit"},
           Case{".5s", "a number and a unit"},
           Case{"1.s", "0.5s"},
           Case{"2 s", "unit"},
           Case{"2x", "unknown unit 'x'"},
           Case{"2S", "unknown unit 'S'"},
           Case{"1s1m", "from h to m"},
           Case{"1s1s", "from h to m"},
           Case{"1.5m2s", "fraction before its last part"},
           Case{"10000h1ms", "at most 10000h"},
           Case{"9999999999999999999999s", "at most 10000h"},
           Case{"36000000.1s", "at most 10000h"},
           Case{"1e3s", "unknown unit"},
           Case{"+1s", "a number and a unit"},
       }) {
    const Result<Duration> value = parse_duration(each.text);
    ASSERT_FALSE(value) << each.text;
    EXPECT_EQ(value.error().code, ErrorCode::kUsage);
    EXPECT_THAT(value.error().text, testing::HasSubstr(std::string(each.says)));
  }
}

TEST(DurationText, IsShortAndReadable) {
  EXPECT_EQ(duration_text(0s), "0s");
  EXPECT_EQ(duration_text(500ms), "500ms");
  EXPECT_EQ(duration_text(1500ms), "1.5s");
  EXPECT_EQ(duration_text(90s), "1m30s");
  EXPECT_EQ(duration_text(2h), "2h");
  EXPECT_EQ(duration_text(1h + 250us), "1h0.25ms");
  EXPECT_EQ(duration_text(1ns), "0.000001ms");
  EXPECT_EQ(duration_text(-2s), "-2s");
  EXPECT_FALSE(duration_text(Duration::min()).empty());
}

TEST(DurationText, ParsesBackExactly) {
  std::mt19937_64 random(3);  // NOLINT: the same values every time
  for (int i = 0; i < 20000; ++i) {
    const auto most = static_cast<std::int64_t>(36'000'000'000'000'000ULL >> (random() % 55));
    const Duration value(static_cast<std::int64_t>(random() >> 1) % (most + 1));
    const Result<Duration> back = parse_duration(duration_text(value));
    ASSERT_TRUE(back) << back.error().text;
    ASSERT_EQ(*back, value) << duration_text(value);
  }
}

}  // namespace
}  // namespace lineman
