#include <gmock/gmock.h>

#include "lineman/packet.h"

namespace lineman {
namespace {

using testing::HasSubstr;

std::string round_trip(std::string_view text) {
  const auto parsed = Address::parse_ip(text);
  return parsed ? parsed->ip_text() : "error: " + parsed.error().text;
}

TEST(Address, ReadsIpv4) {
  const auto a = Address::parse_ip("192.0.2.255", 5060);
  ASSERT_TRUE(a);
  EXPECT_EQ(a->family, Address::Family::kV4);
  EXPECT_EQ(a->port, 5060);
  EXPECT_EQ(a->ip[0], 192);
  EXPECT_EQ(a->ip[3], 255);
  EXPECT_EQ(a->ip[4], 0);
  EXPECT_EQ(a->text(), "192.0.2.255:5060");
}

TEST(Address, WritesIpv6AsRfc5952) {
  EXPECT_EQ(round_trip("2001:DB8:0:0:0:0:0:1"), "2001:db8::1");
  EXPECT_EQ(round_trip("2001:0db8:0000:1:1:1:1:1"), "2001:db8:0:1:1:1:1:1");  // 4.2.2
  EXPECT_EQ(round_trip("2001:0:0:1:0:0:0:1"), "2001:0:0:1::1");               // the longest run
  EXPECT_EQ(round_trip("2001:db8:0:0:1:0:0:1"), "2001:db8::1:0:0:1");         // the first of equals
  EXPECT_EQ(round_trip("::"), "::");
  EXPECT_EQ(round_trip("::1"), "::1");
  EXPECT_EQ(round_trip("1::"), "1::");
  EXPECT_EQ(round_trip("fe80::"), "fe80::");
  EXPECT_EQ(round_trip("1:2:3:4:5:6:7:8"), "1:2:3:4:5:6:7:8");
  EXPECT_EQ(round_trip("1:2:3:4:5:6:7::"), "1:2:3:4:5:6:7:0");
  EXPECT_EQ(round_trip("::2:3:4:5:6:7:8"), "0:2:3:4:5:6:7:8");
  EXPECT_EQ(round_trip("::ffff:192.0.2.1"), "::ffff:192.0.2.1");
  EXPECT_EQ(round_trip("::FFFF:C000:0201"), "::ffff:192.0.2.1");
  EXPECT_EQ(round_trip("64:ff9b::192.0.2.33"), "64:ff9b::c000:221");
  EXPECT_EQ(round_trip("1:2:3:4:5:6:1.2.3.4"), "1:2:3:4:5:6:102:304");
}

TEST(Address, RefusesWhatIsNotOne) {
  for (const char* bad : {"",
                          "1.2.3",
                          "1.2.3.4.5",
                          "1.2.3.256",
                          "01.2.3.4",
                          "1.2.3.04",
                          "1.2.3.+4",
                          "1.2.3.",
                          ".1.2.3",
                          "1..2.3",
                          "1.2.3.4 ",
                          " 1.2.3.4",
                          "0x7f.1",
                          "1.2.3.a",
                          "localhost",
                          ":",
                          ":::",
                          "1",
                          "1:2",
                          "1:2:3:4:5:6:7",
                          "1:2:3:4:5:6:7:8:9",
                          "1:2:3:4:5:6:7:8::",
                          "::1:2:3:4:5:6:7:8",
                          "1::2::3",
                          "1:::2",
                          ":1::2",
                          "1::2:",
                          "12345::",
                          "g::",
                          "::1.2.3",
                          "::1.2.3.4:5",
                          "1.2.3.4::",
                          "1:2:3:4:5:6:7:1.2.3.4",
                          "::-1",
                          "::0x1",
                          "[::1]",
                          "99999999999999.1.1.1"}) {
    const auto parsed = Address::parse_ip(bad);
    ASSERT_FALSE(parsed) << bad;
    EXPECT_EQ(parsed.error().code, ErrorCode::kMalformed);
    EXPECT_THAT(parsed.error().text, HasSubstr("'" + std::string(bad) + "'"));
  }
  EXPECT_FALSE(Address::parse_ip(std::string_view("1.2.3.4\0", 8)));
}

TEST(Address, SaysThatScopesAreNotSupported) {
  for (const char* scoped : {"fe80::1%eth0", "fe80::1%"})
    EXPECT_THAT(Address::parse_ip(scoped).error().text, HasSubstr("scopes are not supported"));
  EXPECT_THAT(Address::parse("[fe80::1%eth0]:5060").error().text, HasSubstr("scopes"));
}

TEST(Address, LongRubbishMakesAShortError) {
  EXPECT_LT(Address::parse_ip(std::string(100'000, ':')).error().text.size(), 200u);
}

TEST(Address, ReadsIpAndPort) {
  EXPECT_EQ(Address::parse("127.0.0.1:0")->text(), "127.0.0.1:0");
  EXPECT_EQ(Address::parse("[2001:DB8::1]:65535")->text(), "[2001:db8::1]:65535");
  for (const char* bad : {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
                          "127.0.0.1:05060", "127.0.0.1:5 ", "::1:5060", "[::1]", "[::1]5060",
                          "[::1:5060", "[127.0.0.1]:5060", ":5060", "[]:1", "host:5060"})
    EXPECT_FALSE(Address::parse(bad)) << bad;
  EXPECT_THAT(Address::parse("::1:5060").error().text, HasSubstr("brackets"));
  EXPECT_THAT(Address::parse("127.0.0.1").error().text, HasSubstr("no port"));
}

TEST(Address, EveryIpv6ReadsBackAsItself) {
  // All 256 patterns of zero and non-zero groups: every place a gap can be.
  for (unsigned pattern = 0; pattern < 256; ++pattern) {
    Address a;
    a.family = Address::Family::kV6;
    for (unsigned i = 0; i < 8; ++i)
      if (pattern >> i & 1) a.ip[2 * i + (i & 1)] = static_cast<std::uint8_t>(0x0A + i);
    const auto back = Address::parse_ip(a.ip_text());
    ASSERT_TRUE(back) << a.ip_text();
    EXPECT_EQ(*back, a) << a.ip_text();
  }
}

struct Kind {
  const char* text;
  bool loopback, is_private, unspecified;
};

TEST(Address, KnowsItsKind) {
  for (const Kind& k : std::initializer_list<Kind>{{"127.0.0.1", true, true, false},
                                                   {"127.255.0.9", true, true, false},
                                                   {"128.0.0.1", false, false, false},
                                                   {"10.1.2.3", false, true, false},
                                                   {"172.15.255.255", false, false, false},
                                                   {"172.16.0.0", false, true, false},
                                                   {"172.31.255.255", false, true, false},
                                                   {"172.32.0.0", false, false, false},
                                                   {"192.168.7.7", false, true, false},
                                                   {"192.169.0.1", false, false, false},
                                                   {"169.254.1.1", false, true, false},
                                                   {"8.8.8.8", false, false, false},
                                                   {"0.0.0.0", false, false, true},
                                                   {"0.0.0.1", false, false, false},
                                                   {"::1", true, true, false},
                                                   {"::2", false, false, false},
                                                   {"::", false, false, true},
                                                   {"fc00::1", false, true, false},
                                                   {"fdff::1", false, true, false},
                                                   {"fe00::1", false, false, false},
                                                   {"fe80::1", false, true, false},
                                                   {"febf::1", false, true, false},
                                                   {"fec0::1", false, false, false},
                                                   {"2001:db8::1", false, false, false},
                                                   {"::ffff:127.0.0.1", true, true, false},
                                                   {"::ffff:10.0.0.1", false, true, false},
                                                   {"::ffff:8.8.8.8", false, false, false},
                                                   {"::ffff:0.0.0.0", false, false, true},
                                                   {"1::1", false, false, false}}) {
    const Address a = *Address::parse_ip(k.text);
    EXPECT_EQ(a.is_loopback(), k.loopback) << k.text;
    EXPECT_EQ(a.is_private(), k.is_private) << k.text;
    EXPECT_EQ(a.is_unspecified(), k.unspecified) << k.text;
  }
}

TEST(Address, NoneIsFalseAndOfNoKind) {
  const Address none;
  EXPECT_FALSE(none);
  EXPECT_FALSE(none.is_loopback() || none.is_private() || none.is_unspecified());
  EXPECT_EQ(none.text(), "none");
}

TEST(Address, ComparesIpWithAndWithoutPort) {
  const Address a = *Address::parse("10.0.0.1:1"), b = *Address::parse("10.0.0.1:2");
  EXPECT_NE(a, b);
  EXPECT_TRUE(a.same_ip(b));
  EXPECT_FALSE(a.same_ip(*Address::parse("[a00:1::]:1")));  // the same bytes, another family
}

}  // namespace
}  // namespace lineman
