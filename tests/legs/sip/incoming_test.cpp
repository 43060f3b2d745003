// SipCall as the called side, against a peer made of bytes.
#include "sip_fixture.h"

namespace lineman {
namespace {

using testing::HasSubstr;

struct IncomingCall : SipTest {
  // The side answers with whatever `on_call` does.
  Side& listen(std::function<void()> on_call, SipTimers timers = {}) {
    Side& side = open(options(), timers);
    side.incoming = [this, on_call](std::unique_ptr<Leg> leg, Incoming incoming) {
      party.call = std::move(incoming);
      party.take(std::move(leg));
      if (on_call) on_call();
    };
    return side;
  }
  Side& answering(SipTimers timers = {}) {
    return listen([this] { ASSERT_TRUE(party.leg->answer(kAnswer)); }, timers);
  }
  // Sends an INVITE and acknowledges the 200.
  void establish(RawPeer& peer, Side& side, RawPeer::Request request = {}) {
    if (request.body.empty()) request.body = kOffer.text;
    peer.request(request, side.address());
    ASSERT_TRUE(wait([&] { return peer.count("200") == 1; }));
    peer.ack(*peer.last("200"), side.address());
    ASSERT_TRUE(wait([&] { return party.get<leg_event::Established>(); }));
    tag = RawPeer::tag(peer.last("200")->header("To"));
    peer.on("BYE", [&peer](const RawMessage& m) { peer.reply(m, 200); });
  }
  RawPeer::Request inside(const std::string& method, int cseq) const {
    RawPeer::Request r;
    r.method = method;
    r.cseq = cseq;
    r.to_tag = tag;
    return r;
  }
  Party party;
  std::string tag;
};

TEST_F(IncomingCall, RingAnswerAndThePeersBye) {
  RawPeer peer(*loop_);
  Side& side = listen([&] {
    ASSERT_TRUE(party.leg->ring(180, {}));
    ASSERT_TRUE(party.leg->ring(183, kAnswer));
    EXPECT_FALSE(party.leg->ring(200, {}));
    EXPECT_FALSE(party.leg->offer(kOffer));
    EXPECT_FALSE(party.leg->send_digit('1', milliseconds(100)));
  });
  RawPeer::Request invite;
  invite.body = kOffer.text;
  invite.extra = "User-Agent: raw/2\r\nSubject: hello\r\nX-Id: 7\r\n";
  peer.request(invite, side.address());
  ASSERT_TRUE(wait([&] { return peer.count("183") == 1; }));
  EXPECT_GE(peer.count("100"), 1);
  EXPECT_EQ(peer.count("180"), 1);
  EXPECT_EQ(peer.last("183")->body(), kAnswer.text);
  EXPECT_EQ(party.call.from_display, "Raw");
  EXPECT_EQ(party.call.from, peer.uri());
  EXPECT_EQ(party.call.user_agent, "raw/2");
  EXPECT_EQ(party.call.source, peer.address());
  EXPECT_THAT(party.call.headers, testing::Contains(testing::Pair("X-Id", "7")));
  EXPECT_THAT(party.call.headers, testing::Contains(testing::Pair("Subject", "hello")));
  EXPECT_EQ(party.leg->id(), "raw-call");
  EXPECT_EQ(party.leg->remote(), peer.uri());
  ASSERT_TRUE(party.leg->answer(kAnswer));
  EXPECT_FALSE(party.leg->answer(kAnswer));
  ASSERT_TRUE(wait([&] { return peer.count("200") == 1; }));
  EXPECT_THAT(peer.last("200")->header("Contact"), HasSubstr(side.address().text()));
  peer.ack(*peer.last("200"), side.address());
  ASSERT_TRUE(wait([&] { return party.get<leg_event::Established>(); }));
  tag = RawPeer::tag(peer.last("200")->header("To"));
  auto bye = inside("BYE", 2);
  bye.extra = "Reason: Q.850;cause=31;text=\"normal, unspecified\"\r\n";
  peer.request(bye, side.address());
  ASSERT_TRUE(wait([&] { return party.ended() && peer.count("200") == 2; }));
  EXPECT_EQ(party.end().cause, Cause::kNormal);
  EXPECT_EQ(party.end().by, EndedBy::kPeer);
  EXPECT_EQ(party.end().q850, 31);
  EXPECT_EQ(party.end().reason, "normal, unspecified");
}

TEST_F(IncomingCall, RejectedWithAnyCode) {
  Side& side = open();
  for (const int code : {302, 400, 404, 480, 486, 488, 503, 600, 603, 699}) {
    SCOPED_TRACE(code);
    RawPeer peer(*loop_);
    Party p;
    side.incoming = [&](std::unique_ptr<Leg> leg, Incoming) {
      p.take(std::move(leg));
      EXPECT_FALSE(p.leg->reject(200, ""));
      EXPECT_FALSE(p.leg->reject(700, ""));
      ASSERT_TRUE(p.leg->reject(code, code == 404 ? "Nobody Here" : ""));
    };
    RawPeer::Request invite;
    invite.body = kOffer.text;
    invite.call_id = fmt::format("reject-{}", code);
    peer.request(invite, side.address());
    ASSERT_TRUE(wait([&] { return p.ended() && peer.count(std::to_string(code)) == 1; }));
    EXPECT_EQ(p.end().by, EndedBy::kLocal);
    EXPECT_EQ(p.end().code, 0);
    if (code == 404) {
      EXPECT_EQ(peer.last("404")->first_line(), "SIP/2.0 404 Nobody Here");
    }
    auto ack = invite;  // of a refusal: the INVITE's own branch
    ack.method = "ACK";
    ack.body = "";
    ack.branch = fmt::format("z9hG4bK-raw-{}", 1);
    ack.to_tag = RawPeer::tag(peer.last(std::to_string(code))->header("To"));
    peer.request(ack, side.address());
  }
}

TEST_F(IncomingCall, CancelWhileRinging) {
  RawPeer peer(*loop_);
  Side& side = listen([&] { ASSERT_TRUE(party.leg->ring(180, {})); });
  RawPeer::Request invite;
  invite.body = kOffer.text;
  invite.branch = "z9hG4bK-cancel";
  peer.request(invite, side.address());
  ASSERT_TRUE(wait([&] { return peer.count("180") == 1; }));
  auto cancel = invite;
  cancel.method = "CANCEL";
  cancel.body = "";
  cancel.extra = "Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n";
  peer.request(cancel, side.address());
  ASSERT_TRUE(wait([&] { return party.ended() && peer.count("487") == 1; }));
  EXPECT_EQ(peer.count("200"), 1);
  EXPECT_EQ(party.end().cause, Cause::kCancelled);
  EXPECT_EQ(party.end().by, EndedBy::kPeer);
  EXPECT_EQ(party.end().reason, "Call completed elsewhere");
  EXPECT_FALSE(party.leg->answer(kAnswer));
  auto ack = invite;
  ack.method = "ACK";
  ack.body = "";
  ack.to_tag = RawPeer::tag(peer.last("487")->header("To"));
  peer.request(ack, side.address());
}

TEST_F(IncomingCall, WithoutADescriptionOurOfferIsInThe200AndTheAnswerInTheAck) {
  RawPeer peer(*loop_);
  Side& side = listen([&] {
    EXPECT_FALSE(party.call.offer);
    ASSERT_TRUE(party.leg->answer(kOffer));
  });
  peer.request({}, side.address());
  ASSERT_TRUE(wait([&] { return peer.count("200") == 1; }));
  EXPECT_EQ(peer.last("200")->body(), kOffer.text);
  peer.ack(*peer.last("200"), side.address(), kAnswer.text);
  ASSERT_TRUE(wait([&] { return party.get<leg_event::Established>(); }));
  EXPECT_EQ(party.get<leg_event::Established>()->body.text, kAnswer.text);
  peer.on("BYE", [&](const RawMessage& m) { peer.reply(m, 200); });
}

TEST_F(IncomingCall, ReinvitesWithAndWithoutADescription) {
  RawPeer peer(*loop_);
  Side& side = answering();
  establish(peer, side);
  auto hold = inside("INVITE", 2);
  hold.body = kOffer.text + "a=sendonly\r\n";
  peer.request(hold, side.address());
  ASSERT_TRUE(wait([&] { return party.count<leg_event::Offer>() == 1; }));
  EXPECT_EQ(party.get<leg_event::Offer>()->body.text, hold.body);
  EXPECT_FALSE(party.leg->offer(kOffer)) << "theirs first";
  ASSERT_TRUE(party.leg->accept(kAnswer));
  EXPECT_FALSE(party.leg->accept(kAnswer));
  ASSERT_TRUE(wait([&] { return peer.count("200") == 2; }));
  EXPECT_EQ(peer.last("200")->body(), kAnswer.text);
  peer.ack(*peer.last("200"), side.address());

  peer.request(inside("INVITE", 3), side.address());
  ASSERT_TRUE(wait([&] { return party.count<leg_event::Offer>() == 2; }));
  EXPECT_FALSE(party.get<leg_event::Offer>()->body);
  ASSERT_TRUE(party.leg->accept(kOffer));
  ASSERT_TRUE(wait([&] { return peer.count("200") == 3; }));
  peer.ack(*peer.last("200"), side.address(), kAnswer.text);
  ASSERT_TRUE(wait([&] { return party.get<leg_event::Accepted>(); }));
  EXPECT_EQ(party.get<leg_event::Accepted>()->body.text, kAnswer.text);

  auto bad = inside("INVITE", 4);
  bad.body = "{}";
  bad.content_type = "application/json";
  bad.branch = "z9hG4bK-bad-type";
  peer.request(bad, side.address());
  ASSERT_TRUE(wait([&] { return peer.count("415") == 1; }));
  bad.method = "ACK";
  bad.body = "";
  peer.request(bad, side.address());
  EXPECT_EQ(party.count<leg_event::Offer>(), 2);
  EXPECT_FALSE(party.ended());
}

TEST_F(IncomingCall, UpdateWithoutABodyIsAnsweredAndWithOneRefused) {
  RawPeer peer(*loop_);
  Side& side = answering();
  establish(peer, side);
  peer.request(inside("UPDATE", 2), side.address());
  ASSERT_TRUE(wait([&] { return peer.count("200") == 2; }));
  auto offer = inside("UPDATE", 3);
  offer.body = kOffer.text;
  peer.request(offer, side.address());
  ASSERT_TRUE(wait([&] { return peer.count("488") == 1; }));
  EXPECT_FALSE(party.ended());
}

TEST_F(IncomingCall, DigitsByInfo) {
  RawPeer peer(*loop_);
  Side& side = answering();
  establish(peer, side);
  auto info = inside("INFO", 2);
  info.content_type = "application/dtmf-relay";
  info.body = "Signal=5\r\nDuration=160\r\n";
  peer.request(info, side.address());
  ASSERT_TRUE(wait([&] { return party.count<leg_event::Digit>() == 1; }));
  EXPECT_EQ(party.get<leg_event::Digit>()->digit, '5');
  EXPECT_EQ(party.get<leg_event::Digit>()->duration, milliseconds(160));
  info = inside("INFO", 3);
  info.content_type = "application/dtmf";
  info.body = "#";
  peer.request(info, side.address());
  ASSERT_TRUE(wait([&] { return party.count<leg_event::Digit>() == 2; }));
  EXPECT_EQ(party.get<leg_event::Digit>()->digit, '#');
  info = inside("INFO", 4);
  info.content_type = "application/x-other";
  info.body = "x";
  peer.request(info, side.address());
  ASSERT_TRUE(wait([&] { return peer.count("415") == 1; }));
  EXPECT_THAT(peer.last("415")->header("Accept"), HasSubstr("application/dtmf-relay"));
  info = inside("INFO", 5);
  info.content_type = "application/dtmf-relay";
  info.body = "Signal=%\r\n";
  peer.request(info, side.address());
  ASSERT_TRUE(wait([&] { return peer.count("400") == 1; }));
  peer.request(inside("INFO", 6), side.address());  // empty: a keep-alive
  ASSERT_TRUE(wait([&] { return peer.count("200") == 4; }));
  EXPECT_EQ(party.count<leg_event::Digit>(), 2);
}

TEST_F(IncomingCall, MethodsThatAreNotServedAreRefusedAndOptionsAnswered) {
  RawPeer peer(*loop_);
  Side& side = answering();
  int cseq = 1;
  for (const char* method :
       {"REFER", "SUBSCRIBE", "PUBLISH", "MESSAGE", "NOTIFY", "REGISTER", "FROB"}) {
    SCOPED_TRACE(method);
    RawPeer::Request r;
    r.method = method;
    r.cseq = cseq++;
    r.call_id = std::string("out-") + method;
    r.extra = "Refer-To: <sip:a@b>\r\nEvent: presence\r\nExpires: 60\r\n";
    const int before = peer.count("405") + peer.count("501");
    peer.request(r, side.address());
    EXPECT_TRUE(wait([&] { return peer.count("405") + peer.count("501") == before + 1; }));
  }
  EXPECT_EQ(peer.last("405")->header("Allow"), "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE");
  RawPeer::Request options;
  options.method = "OPTIONS";
  options.call_id = "options";
  peer.request(options, side.address());
  ASSERT_TRUE(wait([&] { return peer.count("200") == 1; }));
  EXPECT_EQ(peer.last("200")->header("Allow"), "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE");
  EXPECT_THAT(peer.last("200")->header("Accept"), HasSubstr("application/sdp"));
  EXPECT_THAT(peer.last("200")->header("Supported"), HasSubstr("timer"));
  for (const char* method : {"BYE", "INFO", "UPDATE", "PRACK"}) {  // no such dialog
    SCOPED_TRACE(method);
    RawPeer::Request r;
    r.method = method;
    r.call_id = std::string("stray-") + method;
    r.to_tag = "nobody";
    const int before = peer.count("481");
    peer.request(r, side.address());
    EXPECT_TRUE(wait([&] { return peer.count("481") == before + 1; }));
  }
  EXPECT_FALSE(party.leg);
}

TEST_F(IncomingCall, AWrongBodyIs415) {
  RawPeer peer(*loop_);
  Side& side = answering();
  RawPeer::Request invite;
  invite.body = "<xml/>";
  invite.content_type = "text/xml";
  peer.request(invite, side.address());
  ASSERT_TRUE(wait([&] { return peer.count("415") == 1; }));
  EXPECT_EQ(peer.last("415")->header("Accept"), "application/sdp");
  EXPECT_FALSE(party.leg);
}

TEST_F(IncomingCall, NoAckEndsTheCall) {
  RawPeer peer(*loop_);
  SipTimers timers;
  timers.t1x64 = milliseconds(600);
  Side& side = answering(timers);
  peer.on("BYE", [&](const RawMessage& m) { peer.reply(m, 200); });
  RawPeer::Request invite;
  invite.body = kOffer.text;
  peer.request(invite, side.address());
  ASSERT_TRUE(wait([&] { return party.ended(); }));
  EXPECT_EQ(party.end().cause, Cause::kDialogLost);
  EXPECT_EQ(party.end().by, EndedBy::kNetwork);
  EXPECT_TRUE(party.end().no_ack);
  EXPECT_EQ(party.count<leg_event::Established>(), 0);
}

TEST_F(IncomingCall, HungUpWhileRingingIs480) {
  RawPeer peer(*loop_);
  Side& side = listen([&] { party.leg->hang_up("going"); });
  RawPeer::Request invite;
  invite.body = kOffer.text;
  peer.request(invite, side.address());
  ASSERT_TRUE(wait([&] { return party.ended() && peer.count("480") >= 1; }));
  EXPECT_EQ(peer.last("480")->header("Reason"), "SIP;text=\"going\"");
}

TEST_F(IncomingCall, ASessionTimerIsAgreedInThe200) {
  RawPeer peer(*loop_);
  Side& side = answering();
  RawPeer::Request invite;
  invite.extra = "Supported: timer\r\nSession-Expires: 120;refresher=uac\r\nMin-SE: 90\r\n";
  establish(peer, side, invite);
  EXPECT_EQ(peer.last("200")->header("Session-Expires"), "120;refresher=uac");
  RawPeer::Request small = invite;
  small.call_id = "small";
  small.extra = "Supported: timer\r\nSession-Expires: 30\r\n";
  small.body = kOffer.text;
  peer.request(small, side.address());
  ASSERT_TRUE(wait([&] { return peer.count("422") == 1; }));
  EXPECT_EQ(peer.last("422")->header("Min-SE"), "90");
}

TEST_F(IncomingCall, AListenerThatCannotBeBoundSaysWhich) {
  RawPeer holder(*loop_);
  const auto start = [&](const std::string& listen) {
    SipOptions o = options();
    o.listen = {listen};
    auto endpoint = make_sip_endpoint(*loop_, resolver_, o);
    Side side;
    const auto result = endpoint->start(side);
    EXPECT_FALSE(result) << listen;
    return result ? Error{} : result.error();
  };
  auto error = start(holder.address().text());
  EXPECT_EQ(error.code, ErrorCode::kPort);
  EXPECT_THAT(error.text, HasSubstr(holder.address().text()));
  EXPECT_THAT(error.text, HasSubstr("in use"));
  error = start("203.0.113.77:0");
  EXPECT_EQ(error.code, ErrorCode::kPort);
  EXPECT_THAT(error.text, HasSubstr("203.0.113.77"));
  EXPECT_THAT(error.text, HasSubstr("not one of this machine"));
  for (const char* bad : {"example.org:5060", "sips:127.0.0.1:0", "127.0.0.1:0;transport=sctp",
                          "127.0.0.1:99999", "", "127.0.0.1:0;x=y"}) {
    EXPECT_EQ(start(bad).code, ErrorCode::kUsage) << bad;
  }
}

TEST_F(IncomingCall, AWildcardListenerShowsTheAddressThatFacesThePeer) {
  SipOptions o = options();
  o.listen = {"0.0.0.0:0"};
  Side& side = open(o);
  side.incoming = [this](std::unique_ptr<Leg> leg, Incoming) {
    party.take(std::move(leg));
    ASSERT_TRUE(party.leg->answer(kAnswer));
  };
  Address us = *Address::parse_ip("127.0.0.1", side.address().port);
  RawPeer peer(*loop_);
  RawPeer::Request invite;
  invite.body = kOffer.text;
  peer.request(invite, us);
  ASSERT_TRUE(wait([&] { return peer.count("200") == 1; }));
  EXPECT_EQ(peer.last("200")->headers("Contact"),
            std::vector<std::string>{"<sip:lineman@" + us.text() + ">"});
  peer.ack(*peer.last("200"), us);
  ASSERT_TRUE(wait([&] { return party.get<leg_event::Established>(); }));
  peer.on("BYE", [&](const RawMessage& m) { peer.reply(m, 200); });
  RawPeer callee(*loop_);
  callee.on("INVITE", [&](const RawMessage& m) { callee.reply(m, 486); });
  Party p;
  dial(side, p, callee.uri());
  ASSERT_TRUE(wait([&] { return p.ended(); }));
  EXPECT_EQ(callee.last("INVITE")->headers("Contact"),
            std::vector<std::string>{"<sip:lineman@" + us.text() + ">"});
}

TEST_F(IncomingCall, SeveralListenersAndTheirForms) {
  SipOptions o = options();
  o.listen = {"127.0.0.1:0", "sip:127.0.0.1:0;transport=tcp", "localhost:0"};
  Side& side = open(o);
  const auto addresses = side.endpoint->addresses();
  ASSERT_EQ(addresses.size(), 5u);
  EXPECT_THAT(addresses[0], testing::MatchesRegex("sip:127.0.0.1:[1-9][0-9]*;transport=udp"));
  EXPECT_THAT(addresses[1], testing::MatchesRegex("sip:127.0.0.1:[1-9][0-9]*;transport=tcp"));
  EXPECT_THAT(addresses[2], HasSubstr("transport=tcp"));
  for (const auto& text : addresses) {
    RawPeer prober(*loop_, text.find("tcp") != std::string::npos);
    RawPeer::Request r;
    r.method = "OPTIONS";
    r.call_id = text;
    prober.request(r, *Address::parse(text.substr(4, text.find(';') - 4)));
    EXPECT_TRUE(wait([&] { return prober.count("200") == 1; })) << text;
  }
}

}  // namespace
}  // namespace lineman
