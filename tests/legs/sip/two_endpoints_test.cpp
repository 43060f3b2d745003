// Two endpoints of ours calling each other.
#include "locator.h"
#include "sip_fixture.h"

namespace lineman {
namespace {

struct TwoEndpoints : SipTest {
  void call(const std::string& listen, const std::string& suffix) {
    SipOptions o = options();
    o.listen = {listen};
    Side& callee = open(o);
    Side& caller = open(o);
    Party b;
    callee.incoming = [&](std::unique_ptr<Leg> leg, Incoming incoming) {
      b.call = incoming;
      b.take(std::move(leg));
      ASSERT_TRUE(b.leg->ring(180, {}));
      ASSERT_TRUE(b.leg->answer(kAnswer));
    };
    Party a;
    dial(caller, a, "sip:bob@" + callee.address().text() + suffix);
    ASSERT_TRUE(
        wait([&] { return a.get<leg_event::Established>() && b.get<leg_event::Established>(); }));
    EXPECT_EQ(b.call.offer.text, kOffer.text);
    EXPECT_EQ(b.call.user_agent, "lineman-test");
    ASSERT_TRUE(a.get<leg_event::Answered>());
    EXPECT_EQ(a.get<leg_event::Answered>()->body.text, kAnswer.text);
    EXPECT_EQ(a.get<leg_event::Answered>()->code, 200);
    EXPECT_EQ(a.count<leg_event::Trying>(), 1);
    EXPECT_TRUE(std::holds_alternative<leg_event::Trying>(a.events.front()));
    EXPECT_EQ(a.leg->id(), b.leg->id());
    EXPECT_TRUE(a.leg->signalling_peer().same_ip(callee.address()));

    // Hold by re-INVITE, from both sides in turn.
    b.react = [&](const LegEvent& e) {
      if (std::holds_alternative<leg_event::Offer>(e)) {
        ASSERT_TRUE(b.leg->accept(kAnswer));
      }
    };
    a.react = [&](const LegEvent& e) {
      if (std::holds_alternative<leg_event::Offer>(e)) {
        ASSERT_TRUE(a.leg->refuse(488));
      }
    };
    ASSERT_TRUE(a.leg->offer(kOffer));
    ASSERT_TRUE(wait([&] { return a.get<leg_event::Accepted>(); }));
    ASSERT_TRUE(b.leg->offer(kOffer));
    ASSERT_TRUE(wait([&] { return b.get<leg_event::Refused>(); }));
    EXPECT_EQ(b.get<leg_event::Refused>()->code, 488);

    ASSERT_TRUE(a.leg->send_digit('#', milliseconds(160)));
    ASSERT_TRUE(wait([&] { return b.get<leg_event::Digit>(); }));
    EXPECT_EQ(b.get<leg_event::Digit>()->digit, '#');
    EXPECT_EQ(b.get<leg_event::Digit>()->duration, milliseconds(160));

    a.leg->hang_up("Q.850;cause=16");
    ASSERT_TRUE(wait([&] { return a.ended() && b.ended(); }));
    EXPECT_EQ(a.end().cause, Cause::kNormal);
    EXPECT_EQ(a.end().by, EndedBy::kLocal);
    EXPECT_EQ(b.end().cause, Cause::kNormal);
    EXPECT_EQ(b.end().by, EndedBy::kPeer);
    EXPECT_EQ(b.end().q850, 16);
    EXPECT_FALSE(b.end().no_ack);
  }
};

TEST_F(TwoEndpoints, CallOverUdp) { call("127.0.0.1:0", ""); }
TEST_F(TwoEndpoints, CallOverTcp) { call("127.0.0.1:0", ";transport=tcp"); }
TEST_F(TwoEndpoints, CallOverIpv6) {
  if (!source_towards(*Address::parse_ip("::1", 9))) GTEST_SKIP() << "no ::1 here";
  call("[::1]:0", "");
}

}  // namespace
}  // namespace lineman
