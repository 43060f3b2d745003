// SipCall as the caller, against a peer made of bytes.
#include "sip_fixture.h"

namespace lineman {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Outgoing : SipTest {
  // Dials `peer` and waits for the end.
  LegEnd end_of(RawPeer& peer, const SipOptions& o) {
    Side& side = open(o);
    dial(side, party, peer.uri());
    EXPECT_TRUE(wait([&] { return party.ended(); }));
    return party.end();
  }
  LegEnd end_of(RawPeer& peer) { return end_of(peer, options()); }

  SipOptions with_account(const std::string& password = "secret") const {
    SipOptions o = options();
    o.account = Account{};
    o.account->aor = "sip:alice@example.org";
    o.account->password = password;
    return o;
  }
  Party party;
};

TEST_F(Outgoing, EveryFinalClassHasItsCauseAndCode) {
  struct Row {
    int code;
    Cause cause;
  };
  const Row table[] = {{400, Cause::kRejected},
                       {403, Cause::kRejected},
                       {404, Cause::kRejected},
                       {408, Cause::kNoAnswer},
                       {415, Cause::kMediaNegotiation},
                       {480, Cause::kNoAnswer},
                       {486, Cause::kBusy},
                       {488, Cause::kMediaNegotiation},
                       {500, Cause::kRejected},
                       {503, Cause::kRejected},
                       {600, Cause::kBusy},
                       {603, Cause::kDeclined},
                       {606, Cause::kMediaNegotiation},
                       {300, Cause::kRedirected}};
  Side& side = open();
  for (const auto& row : table) {
    SCOPED_TRACE(row.code);
    RawPeer peer(*loop_);
    peer.on("INVITE", [&](const RawMessage& m) {
      RawPeer::Reply r;
      r.status = row.code;
      r.phrase = "Because";
      r.extra = "Reason: SIP;cause=1, Q.850;cause=21;text=\"x\"\r\nRetry-After: 5\r\n";
      peer.reply(m, r);
    });
    Party p;
    dial(side, p, peer.uri());
    ASSERT_TRUE(wait([&] { return p.ended() && peer.count("ACK") == 1; }));
    EXPECT_EQ(p.end().cause, row.cause);
    EXPECT_EQ(p.end().code, row.code);
    EXPECT_EQ(p.end().by, EndedBy::kPeer);
    EXPECT_EQ(p.end().reason, "Because");
    EXPECT_EQ(p.end().q850, 21);
    EXPECT_EQ(p.count<leg_event::Trying>(), 1);
    EXPECT_EQ(peer.count("INVITE"), 1);
  }
}

TEST_F(Outgoing, TheInviteIsWhatItShouldBe) {
  RawPeer peer(*loop_);
  peer.on("INVITE", [&](const RawMessage& m) { peer.reply(m, 486); });
  Side& side = open();
  party.take(side.endpoint->make_leg());
  DialRequest request;
  request.uri = peer.uri("bob") + "?Subject=ignored";
  request.offer = kOffer;
  request.headers = {{"X-One", "1"}, {"Subject", "a test"}};
  request.from = "\"Al Ice\" <sip:alice@example.org>";
  ASSERT_TRUE(party.leg->dial(request));
  ASSERT_TRUE(wait([&] { return party.ended(); }));
  const RawMessage& m = *peer.last("INVITE");
  EXPECT_EQ(m.first_line(), "INVITE " + peer.uri("bob") + " SIP/2.0");
  EXPECT_EQ(m.body(), kOffer.text);
  EXPECT_EQ(m.header("X-One"), "1");
  EXPECT_EQ(m.header("Subject"), "a test");
  EXPECT_THAT(m.header("From"), HasSubstr("\"Al Ice\" <sip:alice@example.org>;tag="));
  EXPECT_THAT(m.header("Contact"), HasSubstr(side.address().text()));
  EXPECT_EQ(m.header("User-Agent"), "lineman-test");
  EXPECT_THAT(m.header("Supported"), Not(HasSubstr("100rel")));
  EXPECT_THAT(m.header("Supported"), HasSubstr("timer"));
  EXPECT_EQ(m.header("Session-Expires"), "1800");
  EXPECT_EQ(m.header("Min-SE"), "90");
  EXPECT_EQ(m.header("Allow"), "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE");
  EXPECT_EQ(m.header("Route"), "");
  EXPECT_EQ(m.header("Call-ID"), party.leg->id());
}

TEST_F(Outgoing, BadRequestsAreRefusedBeforeAnythingIsSent) {
  Side& side = open();
  const auto refusal = [&](DialRequest request) {
    auto leg = side.endpoint->make_leg();
    const auto result = leg->dial(request);
    EXPECT_FALSE(result);
    return result ? std::string() : result.error().text;
  };
  DialRequest request;
  request.offer = kOffer;
  request.uri = "tel:112";
  EXPECT_THAT(refusal(request), HasSubstr("'tel:'"));
  request.uri = "sip:x@127.0.0.1";
  request.headers = {{"X", "a\r\nVia: b"}};
  EXPECT_THAT(refusal(request), HasSubstr("line break"));
  request.headers = {{"via", "b"}};
  EXPECT_THAT(refusal(request), HasSubstr("stack's own"));
  request.headers = {{"a b", "c"}};
  EXPECT_THAT(refusal(request), HasSubstr("not a header name"));
}

TEST_F(Outgoing, ForksAreToldApartByTagAndTheFirst2xxWins) {
  RawPeer peer(*loop_);
  const auto fork = [&](const RawMessage& m, int code, const char* tag, bool sdp) {
    RawPeer::Reply r;
    r.status = code;
    r.tag = tag;
    r.sdp = sdp ? kAnswer.text + "a=from" + tag + "\r\n" : "";
    peer.reply(m, r);
  };
  peer.on("INVITE", [&](const RawMessage& m) {
    fork(m, 100, "", false);
    fork(m, 183, "A", true);
    fork(m, 180, "B", false);
    fork(m, 183, "C", true);
    fork(m, 200, "B", true);
    fork(m, 200, "A", true);
  });
  peer.on("BYE", [&](const RawMessage& m) { peer.reply(m, 200); });
  Side& side = open();
  dial(side, party, peer.uri());
  ASSERT_TRUE(wait([&] { return peer.count("ACK") == 2 && peer.count("BYE") == 1; }));
  std::vector<std::string> tags;
  for (const auto& e : party.events) {
    if (const auto* early = std::get_if<leg_event::EarlyMedia>(&e)) {
      EXPECT_EQ(early->code, 183);
      tags.push_back(early->tag);
    }
  }
  EXPECT_EQ(tags, (std::vector<std::string>{"A", "C"}));
  EXPECT_EQ(party.count<leg_event::Ringing>(), 1);
  ASSERT_EQ(party.count<leg_event::Answered>(), 1);
  EXPECT_EQ(party.get<leg_event::Answered>()->tag, "B");
  EXPECT_THAT(party.get<leg_event::Answered>()->body.text, HasSubstr("a=fromB"));
  EXPECT_EQ(RawPeer::tag(peer.last("BYE")->header("To")), "A");
  EXPECT_FALSE(party.ended());
  party.leg->hang_up("");
  ASSERT_TRUE(wait([&] { return party.ended() && peer.count("BYE") == 2; }));
  EXPECT_EQ(RawPeer::tag(peer.last("BYE")->header("To")), "B");
  EXPECT_EQ(party.end().cause, Cause::kNormal);
}

TEST_F(Outgoing, ASilentPeerIsNoResponseAfterTheConnectTimeout) {
  RawPeer peer(*loop_);
  Side& side = open();
  const auto start = loop_->now();
  dial(side, party, peer.uri());
  ASSERT_TRUE(wait([&] { return party.ended(); }));
  EXPECT_GE(loop_->now() - start, milliseconds(1500));
  EXPECT_EQ(party.end().cause, Cause::kNoResponse);
  EXPECT_EQ(party.end().code, 0);
  EXPECT_EQ(party.count<leg_event::Trying>(), 0);
  expect_clean_ = false;  // Sofia goes on retransmitting: the process leaves by _exit
}

TEST_F(Outgoing, A100AloneIsAResponse) {
  RawPeer peer(*loop_);
  peer.on("INVITE", [&](const RawMessage& m) { peer.reply(m, 100); });
  peer.on("CANCEL", [&](const RawMessage& m) {
    peer.reply(m, 200);
    peer.reply(*peer.last("INVITE"), 487);
  });
  SipOptions o = options();
  o.connect_timeout = milliseconds(300);
  Side& side = open(o);
  dial(side, party, peer.uri());
  ASSERT_TRUE(wait([&] { return party.get<leg_event::Trying>(); }));
  linger(milliseconds(500));
  EXPECT_FALSE(party.ended());
  EXPECT_EQ(party.count<leg_event::Ringing>(), 0);
  party.leg->hang_up("enough");
  ASSERT_TRUE(wait([&] { return party.ended(); }));
  EXPECT_EQ(party.end().cause, Cause::kCancelled);
  EXPECT_EQ(party.end().by, EndedBy::kLocal);
  EXPECT_EQ(party.end().code, 487);
  EXPECT_EQ(peer.last("CANCEL")->header("Reason"), "SIP;text=\"enough\"");
}

TEST_F(Outgoing, ARefusedPortIsUnreachableWithoutACode) {
  std::string uri;
  {
    RawPeer gone(*loop_);
    uri = gone.uri();
  }
  Side& side = open();
  for (const std::string transport : {"", ";transport=tcp"}) {
    SCOPED_TRACE(transport);
    Party p;
    const auto start = loop_->now();
    dial(side, p, uri + transport);
    ASSERT_TRUE(wait([&] { return p.ended(); }));
    EXPECT_LT(loop_->now() - start, milliseconds(1000));
    EXPECT_EQ(p.end().cause, Cause::kUnreachable);
    EXPECT_EQ(p.end().code, 0);
    EXPECT_EQ(p.end().by, EndedBy::kNetwork);
    EXPECT_EQ(p.count<leg_event::Trying>(), 0);
  }
}

TEST_F(Outgoing, CancelThatCrossesThe200IsAcknowledgedAndEnded) {
  RawPeer peer(*loop_);
  peer.on("INVITE", [&](const RawMessage& m) { peer.reply(m, 180); });
  peer.on("CANCEL", [&](const RawMessage& m) {
    peer.reply(*peer.last("INVITE"), 200, kAnswer.text);
    peer.reply(m, 200);
  });
  peer.on("BYE", [&](const RawMessage& m) { peer.reply(m, 200); });
  Side& side = open();
  dial(side, party, peer.uri());
  ASSERT_TRUE(wait([&] { return party.get<leg_event::Ringing>(); }));
  party.leg->hang_up("");
  ASSERT_TRUE(wait([&] { return party.ended() && peer.count("BYE") == 1; }));
  EXPECT_EQ(peer.count("ACK"), 1);
  EXPECT_EQ(party.count<leg_event::Answered>(), 0);
}

TEST_F(Outgoing, ALegThatIsDestroyedHangsUp) {
  RawPeer peer(*loop_);
  peer.on("INVITE", [&](const RawMessage& m) { peer.reply(m, 200, kAnswer.text); });
  peer.on("BYE", [&](const RawMessage& m) { peer.reply(m, 200); });
  Side& side = open();
  dial(side, party, peer.uri());
  ASSERT_TRUE(wait([&] { return party.get<leg_event::Established>(); }));
  party.leg.reset();
  EXPECT_TRUE(wait([&] { return peer.count("BYE") == 1; }));
}

TEST_F(Outgoing, LateOfferTheirOfferComesInThe200AndOurAnswerInTheAck) {
  RawPeer peer(*loop_);
  peer.on("INVITE", [&](const RawMessage& m) { peer.reply(m, 200, kOffer.text); });
  peer.on("BYE", [&](const RawMessage& m) { peer.reply(m, 200); });
  Side& side = open();
  dial(side, party, peer.uri(), {});
  ASSERT_TRUE(wait([&] { return party.get<leg_event::Answered>(); }));
  EXPECT_EQ(peer.last("INVITE")->body(), "");
  EXPECT_EQ(party.get<leg_event::Answered>()->body.text, kOffer.text);
  EXPECT_EQ(peer.count("ACK"), 0);
  ASSERT_TRUE(party.leg->accept(kAnswer));
  EXPECT_EQ(party.count<leg_event::Established>(), 0) << "an event from inside a verb";
  ASSERT_TRUE(wait([&] { return party.get<leg_event::Established>() && peer.count("ACK") > 0; }));
  EXPECT_EQ(peer.last("ACK")->body(), kAnswer.text);
}

TEST_F(Outgoing, RedirectsAreFollowedWithinTheSameHostAtMostFiveTimes) {
  RawPeer peer(*loop_);
  int left = 3;
  peer.on("INVITE", [&](const RawMessage& m) {
    RawPeer::Reply r;
    r.status = left > 0 ? 302 : 486;
    r.extra = fmt::format("Contact: <sip:hop{}@{}>\r\n", left--, peer.address().text());
    peer.reply(m, r);
  });
  EXPECT_EQ(end_of(peer).cause, Cause::kBusy);
  EXPECT_THAT(peer.last("INVITE")->first_line(), HasSubstr("sip:hop1@"));
  EXPECT_EQ(peer.count("INVITE"), 4);
  left = 100;
  Party again;
  dial(*sides_.front(), again, peer.uri());
  ASSERT_TRUE(wait([&] { return again.ended(); }));
  EXPECT_EQ(again.end().cause, Cause::kRedirected);
  EXPECT_EQ(again.end().code, 302);
  EXPECT_EQ(peer.count("INVITE"), 4 + 6);
}

TEST_F(Outgoing, ARedirectToWhatMayNotBeCalledIsNotFollowed) {
  RawPeer peer(*loop_);
  peer.on("INVITE", [&](const RawMessage& m) {
    RawPeer::Reply r;
    r.status = 302;
    r.extra = "Contact: <sip:112@" + peer.address().text() + ">\r\n";
    peer.reply(m, r);
  });
  SipOptions o = options();
  o.may_call = [](const std::string& uri) { return uri.find("112@") == std::string::npos; };
  EXPECT_EQ(end_of(peer, o).cause, Cause::kRedirected);
  EXPECT_EQ(peer.count("INVITE"), 1);
}

TEST_F(Outgoing, ARedirectToAnotherHostIsNotFollowed) {
  RawPeer peer(*loop_), other(*loop_, false, "127.0.0.2");
  peer.on("INVITE", [&](const RawMessage& m) {
    RawPeer::Reply r;
    r.status = 302;
    r.extra = "Contact: <tel:+1>, <" + other.uri() + ">\r\n";
    peer.reply(m, r);
  });
  const LegEnd end = end_of(peer, with_account());
  EXPECT_EQ(end.cause, Cause::kRedirected);
  EXPECT_EQ(end.code, 302);
  EXPECT_THAT(end.reason, HasSubstr("tel:+1"));
  EXPECT_EQ(other.count("INVITE"), 0);
}

constexpr char kChallenge[] =
    "WWW-Authenticate: Digest realm=\"example.org\", nonce=\"abc\", algorithm=MD5, "
    "qop=\"auth\"\r\n";

TEST_F(Outgoing, DigestIsAnswered) {
  RawPeer peer(*loop_);
  peer.on("INVITE", [&](const RawMessage& m) {
    RawPeer::Reply r;
    r.status = m.header("Authorization").empty() ? 401 : 200;
    if (r.status == 401) r.extra = kChallenge;
    if (r.status == 200) r.sdp = kAnswer.text;
    peer.reply(m, r);
  });
  peer.on("BYE", [&](const RawMessage& m) { peer.reply(m, 200); });
  Side& side = open(with_account());
  dial(side, party, peer.uri());
  ASSERT_TRUE(wait([&] { return party.get<leg_event::Established>(); }));
  EXPECT_EQ(peer.count("INVITE"), 2);
  const auto header = peer.last("INVITE")->header("Authorization");
  EXPECT_THAT(header, HasSubstr("username=\"alice\""));
  EXPECT_THAT(header, HasSubstr("realm=\"example.org\""));
  EXPECT_EQ(header.find("secret"), std::string::npos);
  EXPECT_EQ(peer.last("INVITE")->header("Call-ID"), party.leg->id());
}

TEST_F(Outgoing, AWrongPasswordIsAuthenticationAtOnce) {
  for (const bool same_nonce : {true, false}) {
    RawPeer peer(*loop_);
    int nonce = 0;
    peer.on("INVITE", [&](const RawMessage& m) {
      RawPeer::Reply r;
      r.status = 407;
      r.extra = fmt::format("Proxy-Authenticate: Digest realm=\"example.org\", nonce=\"n{}\"\r\n",
                            same_nonce ? 0 : ++nonce);
      peer.reply(m, r);
    });
    Side& side = open(with_account());
    Party p;
    const auto start = loop_->now();
    dial(side, p, peer.uri());
    ASSERT_TRUE(wait([&] { return p.ended(); }));
    EXPECT_LT(loop_->now() - start, milliseconds(900));
    EXPECT_EQ(p.end().cause, Cause::kAuthentication);
    EXPECT_EQ(p.end().code, 407);
    EXPECT_LE(peer.count("INVITE"), 3);
  }
}

TEST_F(Outgoing, ChallengesThatAreNotOursToAnswerEndTheCall) {
  struct Row {
    const char* what;
    const char* challenge;
    bool account;
    const char* realm;
    const char* reason;
  };
  const Row table[] = {
      {"no account", kChallenge, false, "", "none was given"},
      {"another realm", kChallenge, true, "mine.example", "is not 'mine.example'"},
      {"basic", "WWW-Authenticate: Basic realm=\"example.org\"\r\n", true, "", "something else"},
      {"sha-256",
       "WWW-Authenticate: Digest realm=\"example.org\", nonce=\"a\", algorithm=SHA-256\r\n", true,
       "", "SHA-256 is not built in"},
      {"no challenge", "", true, "", ""},
      {"garbage", "WWW-Authenticate: ;;;\r\n", true, "", ""},
  };
  for (const auto& row : table) {
    SCOPED_TRACE(row.what);
    RawPeer peer(*loop_);
    peer.on("INVITE", [&](const RawMessage& m) {
      RawPeer::Reply r;
      r.status = 401;
      r.extra = row.challenge;
      peer.reply(m, r);
    });
    SipOptions o = row.account ? with_account() : options();
    if (row.account) o.account->realm = row.realm;
    Side& side = open(o);
    Party p;
    dial(side, p, peer.uri());
    ASSERT_TRUE(wait([&] { return p.ended(); }));
    EXPECT_EQ(p.end().cause, Cause::kAuthentication);
    EXPECT_EQ(p.end().code, 401);
    EXPECT_THAT(p.end().reason, HasSubstr(row.reason));
    EXPECT_EQ(peer.count("INVITE"), 1);
  }
}

TEST_F(Outgoing, A403ToCredentialsIsAuthentication) {
  RawPeer peer(*loop_);
  peer.on("INVITE", [&](const RawMessage& m) {
    RawPeer::Reply r;
    r.status = m.header("Authorization").empty() ? 401 : 403;
    if (r.status == 401) r.extra = kChallenge;
    peer.reply(m, r);
  });
  const LegEnd end = end_of(peer, with_account());
  EXPECT_EQ(end.cause, Cause::kAuthentication);
  EXPECT_EQ(end.code, 403);
}

TEST_F(Outgoing, WithCredentialsARedirectAndThenAChallengeAreBothHandled) {
  RawPeer peer(*loop_);
  peer.on("INVITE", [&](const RawMessage& m) {
    RawPeer::Reply r;
    if (m.first_line().find("moved") == std::string::npos) {
      r.status = 302;
      r.extra = "Contact: <" + peer.uri("moved") + ">\r\n";
    } else {
      r.status = m.header("Authorization").empty() ? 401 : 486;
      r.extra = r.status == 401 ? kChallenge : "";
    }
    peer.reply(m, r);
  });
  EXPECT_EQ(end_of(peer, with_account()).cause, Cause::kBusy);
  EXPECT_EQ(peer.count("INVITE"), 3);
}

TEST_F(Outgoing, ANameIsResolvedAndStaysInTheRequestUri) {
  RawPeer peer(*loop_);
  RawPeer moved(*loop_);  // where the peer's Contact, a name too, points
  resolver_.names["pbx.example"] = {*Address::parse_ip("127.0.0.1")};
  resolver_.names["host.example"] = {*Address::parse_ip("127.0.0.1")};
  peer.on("INVITE", [&](const RawMessage& m) {
    RawPeer::Reply r;
    r.sdp = kAnswer.text;
    r.contact = fmt::format("<sip:600@host.example:{}>", moved.address().port);
    peer.reply(m, r);
  });
  moved.on("BYE", [&](const RawMessage& m) { moved.reply(m, 200); });
  Side& side = open();
  const auto uri = fmt::format("sip:600@pbx.example:{}", peer.address().port);
  dial(side, party, uri);
  ASSERT_TRUE(wait([&] { return party.get<leg_event::Established>() && moved.count("ACK") == 1; }));
  EXPECT_EQ(peer.last("INVITE")->first_line(), "INVITE " + uri + " SIP/2.0");
  EXPECT_EQ(peer.last("INVITE")->header("Route"), "");
  EXPECT_EQ(peer.count("ACK"), 0);
  party.leg->hang_up("");
  ASSERT_TRUE(wait([&] { return party.ended(); }));
  EXPECT_EQ(moved.count("BYE"), 1);
  EXPECT_EQ(party.end().cause, Cause::kNormal);
}

TEST_F(Outgoing, AnUnknownNameIsResolve) {
  Side& side = open();
  dial(side, party, "sip:x@host.invalid");
  ASSERT_TRUE(wait([&] { return party.ended(); }));
  EXPECT_EQ(party.end().cause, Cause::kResolve);
  EXPECT_THAT(party.end().reason, HasSubstr("host.invalid"));
}

TEST_F(Outgoing, TheOutboundProxyIsARouteAndTheDialogFollowsRecordRoute) {
  RawPeer proxy(*loop_);
  proxy.on("INVITE", [&](const RawMessage& m) {
    RawPeer::Reply r;
    r.sdp = kAnswer.text;
    r.contact = "<sip:600@unreachable.example>";
    r.extra = "Record-Route: <sip:" + proxy.address().text() + ";lr>\r\n";
    proxy.reply(m, r);
  });
  proxy.on("BYE", [&](const RawMessage& m) { proxy.reply(m, 200); });
  SipOptions o = options();
  o.proxy = "sip:" + proxy.address().text();
  Side& side = open(o);
  dial(side, party, "sip:600@pbx.example");
  ASSERT_TRUE(wait([&] { return party.get<leg_event::Established>(); }));
  EXPECT_EQ(proxy.last("INVITE")->first_line(), "INVITE sip:600@pbx.example SIP/2.0");
  EXPECT_THAT(proxy.last("INVITE")->header("Route"), HasSubstr(proxy.address().text()));
  ASSERT_TRUE(wait([&] { return proxy.count("ACK") == 1; }));
  EXPECT_EQ(resolver_.asked, 0);
  party.leg->hang_up("");
  ASSERT_TRUE(wait([&] { return party.ended(); }));
  EXPECT_EQ(proxy.last("BYE")->first_line(), "BYE sip:600@unreachable.example SIP/2.0");
}

TEST_F(Outgoing, ThePeersByeItsReasonAndAnUnknownDialog) {
  RawPeer peer(*loop_);
  peer.on("INVITE", [&](const RawMessage& m) { peer.reply(m, 200, kAnswer.text); });
  Side& side = open();
  dial(side, party, peer.uri());
  ASSERT_TRUE(wait([&] { return party.get<leg_event::Established>(); }));
  peer.on("BYE", [&](const RawMessage& m) { peer.reply(m, 481); });
  party.leg->hang_up("");
  ASSERT_TRUE(wait([&] { return party.ended(); }));
  EXPECT_EQ(party.end().cause, Cause::kDialogLost);
  EXPECT_EQ(party.end().code, 481);
}

TEST_F(Outgoing, AReinviteThatFindsNoDialogEndsTheCallAndA491IsTriedAgain) {
  RawPeer peer(*loop_);
  int invites = 0;
  peer.on("INVITE", [&](const RawMessage& m) {
    ++invites;
    if (invites == 1) return peer.reply(m, 200, kAnswer.text);
    if (invites == 2) return peer.reply(m, 491);
    if (invites == 3) return peer.reply(m, 200, kAnswer.text);
    peer.reply(m, 481);
  });
  peer.on("BYE", [&](const RawMessage& m) { peer.reply(m, 481); });
  Side& side = open();
  dial(side, party, peer.uri());
  ASSERT_TRUE(wait([&] { return party.get<leg_event::Established>(); }));
  ASSERT_TRUE(party.leg->offer(kOffer));
  EXPECT_FALSE(party.leg->offer(kOffer)) << "one at a time";
  ASSERT_TRUE(wait([&] { return party.get<leg_event::Accepted>(); }));
  EXPECT_EQ(invites, 3);
  ASSERT_TRUE(party.leg->offer(kOffer));
  ASSERT_TRUE(wait([&] { return party.ended(); }));
  EXPECT_EQ(party.end().cause, Cause::kDialogLost);
  EXPECT_EQ(party.end().code, 481);
}

TEST_F(Outgoing, A422NegotiatesTheSessionTimer) {
  RawPeer peer(*loop_);
  peer.on("INVITE", [&](const RawMessage& m) {
    RawPeer::Reply r;
    if (m.header("Session-Expires") == "1800") {
      r.status = 422;
      r.extra = "Min-SE: 3600\r\n";
    } else {
      r.sdp = kAnswer.text;
      r.extra = "Require: timer\r\nSession-Expires: 3600;refresher=uac\r\n";
    }
    peer.reply(m, r);
  });
  peer.on("BYE", [&](const RawMessage& m) { peer.reply(m, 200); });
  Side& side = open();
  dial(side, party, peer.uri());
  ASSERT_TRUE(wait([&] { return party.get<leg_event::Established>(); }));
  EXPECT_EQ(peer.last("INVITE")->header("Min-SE"), "3600");
}

TEST_F(Outgoing, OverTcpAPeerThatClosesItsConnectionMidCallIsStillCalled) {
  RawPeer peer(*loop_, true);
  peer.on("INVITE", [&](const RawMessage& m) { peer.reply(m, 200, kAnswer.text); });
  peer.on("BYE", [&](const RawMessage& m) { peer.reply(m, 200); });
  Side& side = open();
  dial(side, party, peer.uri());
  ASSERT_TRUE(wait([&] { return party.get<leg_event::Established>() && peer.count("ACK") == 1; }));
  EXPECT_THAT(peer.last("INVITE")->header("Via"), HasSubstr("SIP/2.0/TCP"));
  EXPECT_THAT(peer.last("INVITE")->header("Contact"), HasSubstr("transport=tcp"));
  peer.hang_up_tcp();
  expect_alive(side);  // by now our side has seen the end of the connection
  party.leg->hang_up("");
  ASSERT_TRUE(wait([&] { return party.ended(); }));
  EXPECT_EQ(party.end().cause, Cause::kNormal);
  EXPECT_EQ(peer.count("BYE"), 1);
}

TEST_F(Outgoing, RouteSaysTheLocalAddressForMedia) {
  Side& side = open();
  resolver_.names["pbx.example"] = {*Address::parse_ip("127.0.0.1")};
  for (const char* uri : {"sip:127.0.0.1:9", "sip:x@pbx.example"}) {
    std::optional<Result<Address>> got;
    side.endpoint->route(uri, seconds(1), [&](Result<Address> a) { got = a; });
    EXPECT_FALSE(got) << "called from inside";
    ASSERT_TRUE(wait([&] { return got.has_value(); }));
    ASSERT_TRUE(*got);
    EXPECT_EQ((*got)->ip_text(), "127.0.0.1");
  }
  std::optional<Result<Address>> got;
  side.endpoint->route("sip:host.invalid", seconds(1), [&](Result<Address> a) { got = a; });
  ASSERT_TRUE(wait([&] { return got.has_value(); }));
  ASSERT_FALSE(*got);
  EXPECT_EQ(got->error().code, ErrorCode::kResolve);
}

TEST_F(Outgoing, ProbeTellsWhatThePeerSupports) {
  RawPeer peer(*loop_);
  peer.on("OPTIONS", [&](const RawMessage& m) {
    RawPeer::Reply r;
    r.extra =
        "Server: raw/1\r\nAllow: INVITE, BYE\r\nSupported: timer\r\nAccept: application/sdp\r\n";
    peer.reply(m, r);
  });
  Side& side = open();
  std::optional<ProbeAnswer> answer;
  const auto probe = [&](const std::string& uri) {
    answer.reset();
    ASSERT_TRUE(side.endpoint->probe(uri, {}, [&](ProbeAnswer a) { answer = std::move(a); }));
    ASSERT_TRUE(wait([&] { return answer.has_value(); }));
  };
  probe(peer.uri());
  EXPECT_EQ(answer->end.cause, Cause::kNormal);
  EXPECT_EQ(answer->end.code, 200);
  EXPECT_EQ(answer->user_agent, "raw/1");
  EXPECT_EQ(answer->allow, "INVITE, BYE");
  EXPECT_EQ(answer->supported, "timer");
  EXPECT_EQ(answer->accept, "application/sdp");
  EXPECT_EQ(answer->peer, peer.address());
  EXPECT_GT(answer->round_trip, Duration{});
  peer.on("OPTIONS", [&](const RawMessage& m) { peer.reply(m, 404); });
  probe(peer.uri());
  EXPECT_EQ(answer->end.cause, Cause::kRejected);
  EXPECT_EQ(answer->end.code, 404);
  std::string gone;
  {
    RawPeer closed(*loop_);
    gone = closed.uri();
  }
  probe(gone);
  EXPECT_EQ(answer->end.cause, Cause::kUnreachable);
  EXPECT_EQ(answer->end.code, 0);
  EXPECT_FALSE(side.endpoint->probe("nonsense uri", {}, [](ProbeAnswer) {}));
}

}  // namespace
}  // namespace lineman
