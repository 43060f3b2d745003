// Peers that break the protocol: the guards against Sofia's known crashes, and messages in the
// spirit of RFC 4475. After each of them the endpoint answers and leaves in time.
#include <sys/resource.h>

#include "sip_fixture.h"

namespace lineman {
namespace {

using testing::HasSubstr;

constexpr char kTel[] = "<tel:+1>";

struct Robustness : SipTest {
  Robustness() { timers_.t1x64 = milliseconds(500); }
  Side& answering() {
    Side& side = open(options(), timers_);
    side.incoming = [this](std::unique_ptr<Leg> leg, Incoming) {
      party.take(std::move(leg));
      ASSERT_TRUE(party.leg->ring(180, {}));
      ASSERT_TRUE(party.leg->answer(kAnswer));
    };
    return side;
  }
  // CPU time of this thread: a spinning stack shows here.
  static Duration cpu() {
    rusage u{};
    getrusage(RUSAGE_THREAD, &u);
    return seconds(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           std::chrono::microseconds(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
  }
  SipTimers timers_;
  Party party;
};

TEST_F(Robustness, ABadContactInAnInviteIs400AndNoCallIsLeft) {
  Side& side = answering();
  struct Row {
    const char* contact;
    const char* extra;
  };
  const Row table[] = {{kTel, ""},
                       {"<mailto:a@b>", ""},
                       {"<urn:service:sos>", ""},
                       {"<http://x/>", ""},
                       {"*", ""},
                       {"-", ""},
                       {"<sip:>", ""},
                       {"<sip:f@>", ""},
                       {"", "Record-Route: <tel:+1;lr>\r\n"},
                       {"", "Record-Route: <sip:127.0.0.1;lr>, <tel:+1;lr>\r\n"},
                       {"<sip:a@127.0.0.1>, <sip:b@127.0.0.1>", ""}};
  int i = 0;
  for (const auto& row : table) {
    SCOPED_TRACE(fmt::format("{} {}", row.contact, row.extra));
    RawPeer peer(*loop_);
    RawPeer::Request invite;
    invite.body = kOffer.text;
    invite.contact = row.contact;
    invite.extra = row.extra;
    invite.call_id = fmt::format("bad-contact-{}", i++);
    peer.request(invite, side.address());
    EXPECT_TRUE(wait([&] { return peer.count("400") >= 1; }));
    EXPECT_EQ(peer.count("180") + peer.count("200"), 0);
  }
  linger(milliseconds(800));  // past 64*T1, where Sofia's own BYE would recurse
  EXPECT_FALSE(party.leg);
  expect_alive(side);
}

struct BadTarget : Robustness, testing::WithParamInterface<std::tuple<const char*, bool>> {};

TEST_P(BadTarget, InsideAGoodCallEndsIt) {
  const char* method = std::get<0>(GetParam());
  const bool hang_up = std::get<1>(GetParam());
  Side& side = answering();
  RawPeer peer(*loop_);
  RawPeer::Request invite;
  invite.body = kOffer.text;
  peer.request(invite, side.address());
  ASSERT_TRUE(wait([&] { return peer.count("200") == 1; }));
  peer.ack(*peer.last("200"), side.address());
  ASSERT_TRUE(wait([&] { return party.get<leg_event::Established>(); }));
  RawPeer::Request bad;
  bad.method = method;
  bad.cseq = 2;
  bad.to_tag = RawPeer::tag(peer.last("200")->header("To"));
  bad.contact = kTel;
  if (bad.method == "INVITE") bad.body = kOffer.text;
  peer.request(bad, side.address());
  if (hang_up) party.leg->hang_up("");  // crossing it
  ASSERT_TRUE(wait([&] { return party.ended() && (hang_up || peer.count("400") >= 1); }));
  if (!hang_up) {
    EXPECT_EQ(party.end().cause, Cause::kProtocolError);
  }
  EXPECT_EQ(party.count<leg_event::Offer>(), 0);
  linger(milliseconds(800));
  expect_alive(side);
}
INSTANTIATE_TEST_SUITE_P(Methods, BadTarget,
                         testing::Combine(testing::Values("INVITE", "UPDATE"), testing::Bool()));

TEST_F(Robustness, ABadContactInA2xxEndsTheCall) {
  Side& side = open(options(), timers_);
  for (const char* contact : {kTel, "-", "*", "<http://x/>"}) {
    SCOPED_TRACE(contact);
    RawPeer peer(*loop_);
    peer.on("INVITE", [&](const RawMessage& m) {
      RawPeer::Reply r;
      r.contact = contact;
      r.sdp = kAnswer.text;
      peer.reply(m, r);
    });
    Party p;
    dial(side, p, peer.uri());
    ASSERT_TRUE(wait([&] { return p.ended(); }));
    EXPECT_EQ(p.end().cause, Cause::kProtocolError);
    EXPECT_EQ(p.end().code, 0);
    EXPECT_THAT(p.end().reason, HasSubstr("Contact"));
    EXPECT_EQ(p.count<leg_event::Answered>(), 0);
  }
  linger(milliseconds(800));
  expect_alive(side);
}

TEST_F(Robustness, ABadContactInThe2xxToOurReinviteEndsTheCall) {
  Side& side = open(options(), timers_);
  RawPeer peer(*loop_);
  int invites = 0;
  peer.on("INVITE", [&](const RawMessage& m) {
    RawPeer::Reply r;
    if (++invites > 1) r.contact = kTel;
    r.sdp = kAnswer.text;
    peer.reply(m, r);
  });
  dial(side, party, peer.uri());
  ASSERT_TRUE(wait([&] { return party.get<leg_event::Established>(); }));
  ASSERT_TRUE(party.leg->offer(kOffer));
  ASSERT_TRUE(wait([&] { return party.ended(); }));
  EXPECT_EQ(party.end().cause, Cause::kProtocolError);
  linger(milliseconds(800));
  expect_alive(side);
}

TEST_F(Robustness, NamesThatHaveNoAddressDoNotSpin) {
  Side& side = answering();
  int i = 0;
  for (const char* contact : {"<sip:f@host.invalid>", "<sip:f@1.2.3>"}) {
    SCOPED_TRACE(contact);
    const auto before = cpu();
    party.events.clear();
    RawPeer peer(*loop_);
    RawPeer::Request invite;
    invite.body = kOffer.text;
    invite.contact = contact;
    invite.call_id = fmt::format("name-{}", ++i);
    peer.request(invite, side.address());
    ASSERT_TRUE(wait([&] { return peer.count("200") == 1; }));
    peer.ack(*peer.last("200"), side.address());
    ASSERT_TRUE(wait([&] { return party.get<leg_event::Established>(); }));
    party.leg->hang_up("");
    ASSERT_TRUE(wait([&] { return party.ended(); }));
    linger(milliseconds(200));
    EXPECT_LT(cpu() - before, milliseconds(400));
  }
  Party p;
  RawPeer peer(*loop_);
  peer.on("INVITE", [&](const RawMessage& m) {
    RawPeer::Reply r;
    r.contact = "<sip:f@host.invalid>";
    r.sdp = kAnswer.text;
    peer.reply(m, r);
  });
  dial(side, p, peer.uri());
  ASSERT_TRUE(wait([&] { return p.ended(); }));
  EXPECT_EQ(p.end().cause, Cause::kResolve);
  expect_alive(side);
}

// Peers that say nothing more: the leg ends in time; Sofia may not, which shut_down() must say.
struct Silent : Robustness, testing::WithParamInterface<int> {};

TEST_P(Silent, ShutDownIsInTime) {
  Side& side = open();
  RawPeer peer(*loop_);
  peer.on("INVITE", [&](const RawMessage& m) {
    if (GetParam() == 200) return peer.reply(m, 200, kAnswer.text);
    if (GetParam() > 0) peer.reply(m, GetParam());
  });
  dial(side, party, peer.uri());
  ASSERT_TRUE(wait([&] {
    return GetParam() == 0 ? peer.count("INVITE") > 0
                           : !party.events.empty() &&
                                 (GetParam() != 200 || party.get<leg_event::Established>());
  }));
  std::optional<bool> clean;
  const auto start = loop_->now();
  side.endpoint->shut_down(milliseconds(1500), [&](bool c) { clean = c; });
  ASSERT_TRUE(wait([&] { return clean.has_value(); }));
  EXPECT_LT(loop_->now() - start, milliseconds(1900));
  EXPECT_TRUE(party.ended());
  EXPECT_EQ(party.end().by, EndedBy::kLocal);
  EXPECT_EQ(peer.count("CANCEL") > 0, GetParam() == 100 || GetParam() == 180);
  EXPECT_EQ(peer.count("BYE") > 0, GetParam() == 200);
  if (!*clean) abandon(side), abandon_loop();
  sides_.clear();
}
INSTANTIATE_TEST_SUITE_P(Peers, Silent, testing::Values(0, 100, 180, 200));

std::string fill(std::string text, const RawPeer& peer, const Address& to) {
  const auto replace = [&](const std::string& from, const std::string& with) {
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += with.size()) {
      text.replace(at, from.size(), with);
    }
  };
  replace("\n", "\r\n");
  replace("@PEER@", peer.address().text());
  replace("@US@", to.text());
  return text;
}

TEST_F(Robustness, TortureMessages) {
  Side& side = answering();
  const std::string via = "Via: SIP/2.0/UDP @PEER@;branch=z9hG4bK-t;rport\n";
  const std::string ends = "Max-Forwards: 70\nFrom: <sip:p@@PEER@>;tag=1\nTo: <sip:u@@US@>\n";
  const std::string body = "Content-Length: 0\n\n";
  const std::string options = "OPTIONS sip:u@@US@ SIP/2.0\n";
  const auto with = [&](const std::string& start, const std::string& more) {
    return start + via + ends + "Call-ID: t\n" + more;
  };
  const std::string messages[] = {
      // Odd but valid: folding, white space, compact forms, escapes, unknown headers.
      "OPTIONS sip:u@@US@ SIP/2.0\nv :\n SIP / 2.0\n /UDP\n @PEER@;rport ; branch=z9hG4bK-w\n"
      "f: \"A \\\\\\\" B\" <sip:p@@PEER@>\n ; tag = 1\nt  : sip:u@@US@\ni:  w\nCSEQ: 0009\n "
      "OPTIONS\n"
      "NewFangled: a\n b; \"x\"\nMax-Forwards: 0068\nl: 0\n\n",
      with("OPTIONS sip:sip%3Auser%40example.com@@US@;x=%00 SIP/2.0\n", "CSeq: 1 OPTIONS\n" + body),
      with("OPTIONS sip:u@@US@?Route=%3Csip:x%3E SIP/2.0\n", "CSeq: 1 OPTIONS\n" + body),
      with("!interesting-Method0123456789_*+`.%indeed'~ sip:u@@US@ SIP/2.0\n",
           "CSeq: 1 !interesting-Method0123456789_*+`.%indeed'~\n" + body),
      with(options, "CSeq: 1 OPTIONS\nRequire: nothingSupportsThis\n" + body),
      with(options, "CSeq: 1 OPTIONS\nProxy-Require: nothing\n" + body),
      with(options, "CSeq: 1 OPTIONS\nAccept: " + std::string(20000, 'x') + "\n" + body),
      with("OPTIONS sip:u@@US@:5060;maddr=\x80\xff SIP/2.0\n", "CSeq: 1 OPTIONS\n" + body),
      // Wrong: versions, numbers, lengths, missing and doubled headers, other schemes.
      with("OPTIONS sip:u@@US@ SIP/7.0\n", "CSeq: 1 OPTIONS\n" + body),
      with("OPTIONS <sip:u@@US@> SIP/2.0\n", "CSeq: 1 OPTIONS\n" + body),
      with("OPTIONS  sip:u@@US@; lr  SIP/2.0\n", "CSeq: 1 OPTIONS\n" + body),
      with("OPTIONS soap.beep://192.0.2.1 SIP/2.0\n", "CSeq: 1 OPTIONS\n" + body),
      with("OPTIONS nobodyKnowsThisScheme:totallyopaque SIP/2.0\n", "CSeq: 1 OPTIONS\n" + body),
      with(options, "CSeq: 36893488147419103232 OPTIONS\nMax-Forwards: 300\n" + body),
      with(options, "CSeq: 1 INVITE\n" + body),
      with(options, "CSeq: 1 OPTIONS\nContent-Length: -999\n\n"),
      with(options, "CSeq: 1 OPTIONS\nContent-Length: 9999\n\nshort"),
      with(options, "CSeq: 1 OPTIONS\nCSeq: 2 OPTIONS\nCall-ID: u\nFrom: <sip:x@y>;tag=2\n" + body),
      with(options,
           "CSeq: 1 OPTIONS\nDate: Fri, 99 Foo 99999 25:61:61 EST\nWarning: 1812 x \"y\n" + body),
      with(options, "CSeq: 1 OPTIONS\nContact: \"Joe <sip:joe@x>;;;;\n" + body),
      options + "Via: SIP/2.0/UDP @PEER@;rport\n" + body,
      options + "\n",
      "\n\n\n\n",
      "GET / HTTP/1.1\nHost: x\n\n",
      std::string("\0\0\0\0\0\0\0\0", 8),
      std::string(4000, '\xff'),
      with("SIP/2.0 4294967301 better not break the receiver\n", "CSeq: 1 OPTIONS\n" + body),
      with("SIP/2.0 200\n", "CSeq: 1 OPTIONS\n" + body),
      with("SIP/2.0 200 OK\n", "CSeq: 1 INVITE\nContact: <tel:+1>\n" + body),
      with("SIP/2.0 100 \xf0\x28\x8c\xbc\n", "CSeq: 1 INVITE\n" + body),
      with("INVITE sip:u@@US@ SIP/2.0\n",
           "CSeq: 1 INVITE\nContact: <sip:p@@PEER@>\n"
           "Content-Type: application/unknown\nContent-Length: 3\n\nxyz"),
      with("INVITE sip:u@@US@ SIP/2.0\n", "CSeq: 1 INVITE\n" + body),
      with("INVITE sip:u@@US@ SIP/2.0\n",
           "CSeq: 1 INVITE\nContact: <sip:p@@PEER@>\n"
           "Session-Expires: junk;;=\nReplaces: a;b\n" +
               body),
      with("ACK sip:u@@US@ SIP/2.0\n", "CSeq: 1 ACK\n" + body),
      with("CANCEL sip:u@@US@ SIP/2.0\n", "CSeq: 1 CANCEL\n" + body),
      with("BYE sip:u@@US@ SIP/2.0\n", "CSeq: 1 BYE\n" + body),
      with("REGISTER sip:u@@US@ SIP/2.0\n", "CSeq: 1 REGISTER\nContact: *\nExpires: -1\n" + body),
  };
  int i = 0;
  for (auto text : messages) {
    SCOPED_TRACE(i);
    RawPeer peer(*loop_);
    // Its own Call-ID and branch, or it would be a retransmission of the one before.
    const auto id = fmt::format("Call-ID: t{}\n", i);
    if (const auto at = text.find("Call-ID: t\n"); at != std::string::npos)
      text.replace(at, 11, id);
    if (const auto at = text.find("z9hG4bK-t;"); at != std::string::npos) {
      text.replace(at, 9, fmt::format("z9hG4bK-t{}", i));
    }
    peer.send(fill(text, peer, side.address()), side.address());
    RawPeer::Request ping;
    ping.method = "OPTIONS";
    ping.call_id = fmt::format("ping-{}", i++);
    peer.request(ping, side.address());
    ASSERT_TRUE(wait([&] {
      const auto* ok = peer.last("200");
      return ok && ok->header("Call-ID") == ping.call_id;
    }));
  }
  linger(milliseconds(800));
  expect_alive(side);
}

TEST_F(Robustness, MutatedInvitesDoNotHarm) {
  Side& side = open(options(), timers_);
  std::vector<std::unique_ptr<Leg>> legs;
  side.incoming = [&](std::unique_ptr<Leg> leg, Incoming) {
    (void)leg->answer(kAnswer);
    legs.push_back(std::move(leg));
  };
  RawPeer peer(*loop_);
  RawPeer::Request invite;
  invite.body = kOffer.text;
  invite.extra =
      "Supported: timer, replaces\r\nSession-Expires: 1800;refresher=uac\r\nMin-SE: 90\r\n"
      "Allow: INVITE, ACK\r\nReason: SIP;cause=200;text=\"x\"\r\nAccept: application/sdp;q=0.5\r\n"
      "Date: Fri, 20 Nov 2026 12:00:00 GMT\r\nRequire: timer\r\nReplaces: a;to-tag=b;from-tag=c\r\n"
      "Authorization: Digest username=\"a\", realm=\"b\", nonce=\"c\", response=\"d\"\r\n";
  std::uint32_t random = 12345;
  const auto next = [&](std::size_t n) {
    random = random * 1664525u + 1013904223u;
    return (random >> 8) % n;
  };
  for (int i = 0; i < 400; ++i) {
    invite.call_id = fmt::format("mutant-{}", i);
    std::string text = peer.format(invite, side.address());
    // Behind the addresses: no packet may go anywhere but back, no name may be asked for.
    const auto safe = text.find("Supported:");
    for (int k = 0; k < 3; ++k) {
      const auto at = safe + next(text.size() - safe);
      switch (next(3)) {
        case 0: text[at] = static_cast<char>(next(256)); break;
        case 1: text.erase(at, next(20)); break;
        default: text.insert(at, text.substr(safe + next(text.size() - safe), next(30)));
      }
    }
    peer.send(text, side.address());
    if (i % 50 == 49) expect_alive(side);
  }
  EXPECT_GT(legs.size(), 10u);
  legs.clear();
  peer.on("BYE", [&](const RawMessage& m) { peer.reply(m, 200); });
  linger(milliseconds(800));
  expect_alive(side);
}

}  // namespace
}  // namespace lineman
