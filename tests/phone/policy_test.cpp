#include "policy.h"

#include <gtest/gtest.h>

#include "world.h"

namespace lineman {
namespace {

using namespace std::chrono_literals;

Address ip(const char* text) { return Address::parse_ip(text).value(); }

TEST(Cidr, ContainsWhatItsBitsSay) {
  const Cidr c = parse_cidr("192.0.2.128/25").value();
  EXPECT_TRUE(c.contains(ip("192.0.2.128")));
  EXPECT_TRUE(c.contains(ip("192.0.2.255")));
  EXPECT_FALSE(c.contains(ip("192.0.2.127")));
  EXPECT_FALSE(c.contains(ip("2001:db8::1")));
  EXPECT_TRUE(parse_cidr("0.0.0.0/0").value().contains(ip("203.0.113.1")));
  EXPECT_TRUE(parse_cidr("2001:db8::/32").value().contains(ip("2001:db8:ffff::1")));
  EXPECT_FALSE(parse_cidr("2001:db8::/32").value().contains(ip("2001:db9::1")));
  EXPECT_TRUE(parse_cidr("127.0.0.1").value().contains(ip("127.0.0.1")));
  EXPECT_FALSE(parse_cidr("127.0.0.1").value().contains(ip("127.0.0.2")));
}

TEST(Cidr, RefusesWhatIsNone) {
  for (const char* bad : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x",
                          "::/129", "example.org/8", "10.0.0/8"}) {
    EXPECT_FALSE(parse_cidr(bad)) << bad;
  }
}

TEST(Emergency, NumbersAndTheServiceUrn) {
  for (const char* uri : {"sip:112@pbx", "911@pbx", "sip:999@10.0.0.1:5060",
                          "sip:000@pbx;transport=tcp", "urn:service:sos", "URN:service:sos.police",
                          "sip:9-1-1@pbx", "sip:sos@pbx", "sip:%31%31%32@pbx", "sip:9%2d1-%31@pbx",
                          "sip:112%3bphone-context=x@pbx", "sip:%73os@pbx"}) {
    EXPECT_TRUE(is_emergency(uri)) << uri;
  }
  for (const char* uri :
       {"sip:1120@pbx", "sip:600@112", "sip:pbx", "sip:soss@pbx", "local:echo", ""}) {
    EXPECT_FALSE(is_emergency(uri)) << uri;
  }
}

TEST(IncomingPolicy, OnLoopbackEverybodyMayCall) {
  IncomingPolicy policy({});
  for (int i = 0; i < 100; i++) EXPECT_FALSE(policy.admit(ip("203.0.113.5"), i, TimePoint{}));
}

TEST(IncomingPolicy, APublicListenerTakesPrivateCallersAFewAtATime) {
  IncomingPolicy::Options o;
  o.public_listener = true;
  IncomingPolicy policy(o);
  EXPECT_EQ(policy.admit(ip("203.0.113.5"), 0, TimePoint{})->code, 403);
  EXPECT_FALSE(policy.admit(ip("192.168.1.5"), 0, TimePoint{}));
  EXPECT_EQ(policy.admit(ip("192.168.1.5"), 10, TimePoint{})->code, 486);
}

TEST(IncomingPolicy, APublicListenerTakesTenCallsASecond) {
  IncomingPolicy::Options o;
  o.public_listener = true;
  IncomingPolicy policy(o);
  for (int i = 0; i < 10; i++)
    EXPECT_FALSE(policy.admit(ip("10.0.0.1"), 0, TimePoint{} + i * 10ms));
  EXPECT_EQ(policy.admit(ip("10.0.0.1"), 0, TimePoint{} + 500ms)->code, 503);
  EXPECT_FALSE(policy.admit(ip("10.0.0.1"), 0, TimePoint{} + 1s));
}

TEST(IncomingPolicy, AnExplicitListAndLimitHoldOnLoopbackToo) {
  IncomingPolicy::Options o;
  o.allow.push_back(parse_cidr("127.0.0.1").value());
  o.max_calls = 1;
  IncomingPolicy policy(o);
  EXPECT_EQ(policy.admit(ip("127.0.0.2"), 0, TimePoint{})->code, 403);
  EXPECT_FALSE(policy.admit(ip("127.0.0.1"), 0, TimePoint{}));
  EXPECT_EQ(policy.admit(ip("127.0.0.1"), 1, TimePoint{})->code, 486);
}

TEST(LegType, TheAddressPicksTheLeg) {
  EXPECT_EQ(leg_type("sip:600@pbx").value()->scheme, "sip");
  EXPECT_EQ(leg_type("SIP:600@pbx").value()->scheme, "sip");
  EXPECT_EQ(leg_type("600@pbx").value()->scheme, "sip");
  EXPECT_EQ(leg_type("127.0.0.1:5060").value()->scheme, "sip");
  EXPECT_EQ(leg_type("[::1]:5060").value()->scheme, "sip");
  EXPECT_EQ(leg_type("pbx:5060").value()->scheme, "sip");
  EXPECT_EQ(leg_type("local:echo").value()->scheme, "local");
  EXPECT_TRUE(leg_type("local:echo").value()->simulated);
  const auto misspelt = leg_type("locl:echo");
  ASSERT_FALSE(misspelt);
  EXPECT_NE(misspelt.error().text.find("local"), std::string::npos);
}

TEST(LegType, LaterLegsSayThatTheyAreNotBuiltIn) {
  PhoneOptions options;
  World world = make_world(true, options);
  for (const char* address :
       {"audiosocket://127.0.0.1:9092", "wss://pbx", "matrix:room", "sips:a@b"}) {
    const auto endpoint = leg_type(address).value()->make(world, {});
    ASSERT_FALSE(endpoint) << address;
    EXPECT_EQ(endpoint.error().code, ErrorCode::kUnsupported);
  }
}

}  // namespace
}  // namespace lineman
