// The parts of legs/sip that need no peer: digits, masking, listen addresses; and the trace as a
// whole.
#include "digits.h"
#include "sip_fixture.h"
#include "trace.h"

namespace lineman {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(InfoDigits, AreReadInEveryForm) {
  struct Row {
    const char *type, *body;
    char digit;
    int ms;
  };
  const Row table[] = {
      {"application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", '5', 160},
      {"APPLICATION/DTMF-RELAY", "signal = *\nduration = 80", '*', 80},
      {"application/dtmf-relay", "Signal=11\r\n", '#', 100},
      {"application/dtmf-relay", "Duration=99999999\r\nSignal=a", 'A', 100},
      {"application/dtmf-relay", "Signal=10\r\nDuration=-5", '*', 100},
      {"application/dtmf", "7", '7', 100},
      {"application/dtmf", " d\r\n", 'D', 100},
  };
  for (const auto& row : table) {
    const auto digit = parse_info_digit(row.type, row.body);
    ASSERT_TRUE(digit) << row.body;
    EXPECT_EQ(digit->digit, row.digit);
    EXPECT_EQ(digit->duration, milliseconds(row.ms));
  }
  for (const char* bad : {"", "Signal=", "Signal=55", "Signal=E", "Duration=100", "=", "Signal"}) {
    EXPECT_FALSE(parse_info_digit("application/dtmf-relay", bad)) << bad;
  }
  EXPECT_FALSE(parse_info_digit("application/dtmf", "12"));
  for (const char c : std::string("0123456789*#ABCD")) {
    const Body body = format_info_digit(c, milliseconds(120));
    const auto again = parse_info_digit(body.content_type, body.text);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->digit, c);
    EXPECT_EQ(again->duration, milliseconds(120));
  }
}

TEST(MaskCredentials, HidesResponsesAndNothingElse) {
  const std::string head = "INVITE sip:x SIP/2.0\r\n";
  const std::string tail =
      "X: response=\"kept\"\r\n\r\nAuthorization: Digest response=\"kept\"\r\n";
  EXPECT_EQ(mask_credentials(
                head + "Authorization: Digest username=\"a\", response=\"d41d\", nc=1\r\n" + tail),
            head + "Authorization: Digest username=\"a\", response=\"***\", nc=1\r\n" + tail);
  EXPECT_EQ(mask_credentials(
                head + "proxy-authorization : digest a=b,\r\n RESPONSE = d41d,c=d\r\n" + tail),
            head + "proxy-authorization : digest a=b,\r\n RESPONSE = ***,c=d\r\n" + tail);
  EXPECT_EQ(mask_credentials(
                head + "Authorization: Digest realm=\"response=x\", response=\"d41d\"\r\n" + tail),
            head + "Authorization: Digest realm=\"response=***\", response=\"***\"\r\n" + tail);
  EXPECT_EQ(mask_credentials(head + "\r\nv=0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 "
                                    "inline:S3cr3t|2^20\r\nk=clear:S3cr3t\r\na=x\r\n"),
            head + "\r\nv=0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:***\r\nk=***\r\na=x\r\n");
  EXPECT_EQ(mask_credentials(head + "Authorization: Basic Zm9vOmJhcg==\r\n" + tail),
            head + "Authorization: Basic ***\r\n" + tail);
  for (const char* odd : {"", "Authorization", "Authorization:", "Authorization:\r\n", "\r\n",
                          "Authorization: Digest response=\"", "Authorization: Digest response="}) {
    EXPECT_LE(mask_credentials(odd).size(), std::string(odd).size() + 3) << odd;
  }
}

TEST(ParseListen, Forms) {
  const auto text = [](const char* written) {
    const auto l = parse_listen(written);
    return l ? l->address.text() + ' ' + l->transport : "refused";
  };
  EXPECT_EQ(text("127.0.0.1:0"), "127.0.0.1:0 ");
  EXPECT_EQ(text("[::1]:5070"), "[::1]:5070 ");
  EXPECT_EQ(text("[::1]"), "[::1]:5060 ");
  EXPECT_EQ(text("0.0.0.0"), "0.0.0.0:5060 ");
  EXPECT_EQ(text("sip:127.0.0.1:5070;transport=TCP"), "127.0.0.1:5070 tcp");
  EXPECT_EQ(text("localhost:1"), "127.0.0.1:1 ");
  EXPECT_EQ(text("127.0.0.1:5070;transport=udp,tcp"), "refused");  // Sofia would read wild memory
  EXPECT_EQ(text("pbx:5060"), "refused");
}

struct StartTest : SipTest {};

TEST_F(StartTest, BadOptionsAreNamedAtTheStart) {
  const auto refusal = [&](const std::function<void(SipOptions&)>& spoil) {
    SipOptions o = options();
    spoil(o);
    Side side;
    const auto result = make_sip_endpoint(*loop_, resolver_, o)->start(side);
    EXPECT_FALSE(result);
    return result ? Error{} : result.error();
  };
  EXPECT_THAT(refusal([](SipOptions& o) { o.proxy = "tel:1"; }).text, HasSubstr("'tel:1'"));
  EXPECT_THAT(refusal([](SipOptions& o) { o.from = "\"x <sip:a@b>"; }).text, HasSubstr("closing"));
  EXPECT_THAT(refusal([](SipOptions& o) { o.transport = "sctp"; }).text, HasSubstr("sctp"));
  EXPECT_EQ(refusal([](SipOptions& o) { o.transport = "tls"; }).code, ErrorCode::kUnsupported);
  EXPECT_EQ(refusal([](SipOptions& o) { o.account.emplace().aor = ""; }).code, ErrorCode::kUsage);
  EXPECT_THAT(refusal([](SipOptions& o) {
                o.account.emplace().aor = "sip:a@b";
                o.account->registrar = "sip:";
              }).text,
              HasSubstr("host is missing"));
}

struct Traced {
  bool sent;
  Address local, peer;
  std::string transport, text;
};

struct TraceTest : SipTest {
  std::vector<Traced> seen;
  SipOptions traced() {
    SipOptions o = options();
    o.trace = [this](bool sent, const Address& local, const Address& peer,
                     std::string_view transport, std::string_view text) {
      seen.push_back({sent, local, peer, std::string(transport), std::string(text)});
    };
    return o;
  }
  void check(bool tcp) {
    RawPeer peer(*loop_, tcp);
    SipOptions o = traced();
    o.account = Account{};
    o.account->aor = "sip:alice@example.org";
    o.account->password = "secret";
    Side& side = open(o);
    peer.on("INVITE", [&](const RawMessage& m) {
      RawPeer::Reply r;
      r.status = m.header("Authorization").empty() ? 401 : 200;
      if (r.status == 401) {
        r.extra = "WWW-Authenticate: Digest realm=\"example.org\", nonce=\"abc\"\r\n";
      } else {
        r.sdp = kAnswer.text;
      }
      peer.reply(m, r);
    });
    peer.on("BYE", [&](const RawMessage& m) { peer.reply(m, 200); });
    Party party;
    dial(side, party, peer.uri());
    ASSERT_TRUE(wait([&] { return party.get<leg_event::Established>(); }));
    party.leg->hang_up("");
    ASSERT_TRUE(wait([&] { return party.ended() && peer.count("ACK") == 2; }));
    // What was sent is what arrived there, byte for byte but for the secret.
    std::vector<std::string> sent, received;
    for (const auto& t : seen) {
      EXPECT_EQ(t.transport, tcp ? "tcp" : "udp");
      EXPECT_TRUE(t.local.same_ip(side.address()));
      EXPECT_EQ(t.local.port, side.address().port);
      EXPECT_EQ(t.peer, peer.address());
      if (t.sent) sent.push_back(t.text);
      EXPECT_THAT(t.text, Not(HasSubstr("secret")));
      if (t.sent && t.text.find("\r\nAuthorization:") != std::string::npos) {
        EXPECT_THAT(t.text, HasSubstr("response=\"***\""));
      }
    }
    for (const auto& m : peer.seen) received.push_back(mask_credentials(m.text));
    EXPECT_EQ(sent, received);
  }
};

TEST_F(TraceTest, UdpMessagesAreCompleteAndMasked) { check(false); }
TEST_F(TraceTest, TcpMessagesAreCompleteAndMasked) { check(true); }

TEST_F(TraceTest, TwoEndpointsAreToldApart) {
  Side& a = open(traced());
  Side& b = open(traced());
  Party p;
  dial(a, p, "sip:b@" + b.address().text());
  ASSERT_TRUE(wait([&] { return p.ended() && seen.size() >= 8; }));
  EXPECT_EQ(p.end().cause, Cause::kBusy);
  int from_a = 0, to_b = 0;
  for (const auto& t : seen) {
    if (t.text.rfind("INVITE ", 0) != 0) continue;
    if (t.sent && t.local == a.address() && t.peer == b.address()) ++from_a;
    if (!t.sent && t.local == b.address() && t.peer == a.address()) ++to_b;
  }
  EXPECT_EQ(from_a, 1);
  EXPECT_EQ(to_b, 1);
}

TEST_F(TraceTest, GarbageIsShownAndDoesNotConfuseWhatFollows) {
  Side& side = open(traced());
  RawPeer peer(*loop_);
  RawPeer::Request r;
  r.method = "OPTIONS";
  r.extra = "X-Long: " + std::string(5000, 'y') + "\r\nX-Line: " + std::string(72, '-') + "\r\n";
  peer.request(r, side.address());
  ASSERT_TRUE(wait([&] { return peer.count("200") == 1; }));
  expect_alive(side);
  ASSERT_GE(seen.size(), 4u);
  EXPECT_THAT(seen.back().text, HasSubstr("SIP/2.0 200 OK\r\n"));
  EXPECT_THAT(seen.back().text, HasSubstr("Call-ID: alive-1\r\n"));
}

}  // namespace
}  // namespace lineman
