// REGISTER against a registrar made of bytes.
#include "sip_fixture.h"

namespace lineman {
namespace {

using testing::HasSubstr;
using Kind = RegisterState::Kind;

struct RegistrationTest : SipTest {
  SipOptions with_account(const RawPeer& registrar) const {
    SipOptions o = options();
    o.account = Account{};
    o.account->aor = "sip:alice@example.org";
    o.account->password = "secret";
    o.account->registrar = "sip:" + registrar.address().text();
    return o;
  }
  // Challenges, then accepts.
  void serve(RawPeer& registrar) {
    registrar.on("REGISTER", [&](const RawMessage& m) {
      RawPeer::Reply r;
      if (m.header("Authorization").empty()) {
        r.status = 401;
        r.extra = "WWW-Authenticate: Digest realm=\"example.org\", nonce=\"abc\"\r\n";
      } else if (m.header("Expires") != "0") {
        r.contact = m.header("Contact") + ";expires=300";
      } else {
        r.contact = "-";
      }
      registrar.reply(m, r);
    });
  }
};

TEST_F(RegistrationTest, RegistersWithDigestAndUnregisters) {
  RawPeer registrar(*loop_);
  serve(registrar);
  Side& side = open(with_account(registrar));
  ASSERT_TRUE(side.endpoint->enroll(seconds(3600)));
  EXPECT_TRUE(side.registered.empty()) << "from inside enroll()";
  ASSERT_TRUE(wait([&] { return !side.registered.empty(); }));
  const auto& state = side.registered.back();
  EXPECT_EQ(state.kind, Kind::kOk);
  EXPECT_EQ(state.code, 200);
  EXPECT_EQ(state.expires, seconds(300));
  EXPECT_THAT(state.contact, HasSubstr("sip:alice@" + side.address().text()));
  const RawMessage& m = *registrar.last("REGISTER");
  EXPECT_EQ(m.first_line(), "REGISTER sip:" + registrar.address().text() + " SIP/2.0");
  EXPECT_EQ(m.header("Expires"), "3600");
  EXPECT_THAT(m.header("To"), HasSubstr("<sip:alice@example.org>"));
  bool done = false;
  side.endpoint->withdraw([&] { done = true; });
  EXPECT_FALSE(done);
  ASSERT_TRUE(wait([&] { return done; }));
  EXPECT_EQ(registrar.last("REGISTER")->header("Expires"), "0");
  ASSERT_EQ(side.registered.size(), 2u);
  EXPECT_EQ(side.registered.back().kind, Kind::kGone);
}

TEST_F(RegistrationTest, ShutDownUnregistersToo) {
  RawPeer registrar(*loop_);
  serve(registrar);
  Side& side = open(with_account(registrar));
  ASSERT_TRUE(side.endpoint->enroll(seconds(3600)));
  ASSERT_TRUE(wait([&] { return !side.registered.empty(); }));
  std::optional<bool> clean;
  side.endpoint->shut_down(milliseconds(1800), [&](bool c) { clean = c; });
  ASSERT_TRUE(wait([&] { return clean.has_value(); }));
  EXPECT_TRUE(*clean);
  EXPECT_EQ(registrar.last("REGISTER")->header("Expires"), "0");
  sides_.clear();
}

TEST_F(RegistrationTest, AWrongPasswordFailsAtOnce) {
  RawPeer registrar(*loop_);
  registrar.on("REGISTER", [&](const RawMessage& m) {
    RawPeer::Reply r;
    r.status = 401;
    r.extra = "WWW-Authenticate: Digest realm=\"example.org\", nonce=\"abc\"\r\n";
    registrar.reply(m, r);
  });
  Side& side = open(with_account(registrar));
  const auto start = loop_->now();
  ASSERT_TRUE(side.endpoint->enroll(seconds(3600)));
  ASSERT_TRUE(wait([&] { return !side.registered.empty(); }));
  EXPECT_LT(loop_->now() - start, milliseconds(900));
  EXPECT_EQ(side.registered.back().kind, Kind::kFailed);
  EXPECT_EQ(side.registered.back().cause, Cause::kAuthentication);
  EXPECT_EQ(side.registered.back().code, 401);
  EXPECT_LE(registrar.count("REGISTER"), 3);
}

TEST_F(RegistrationTest, FailuresHaveTheirCause) {
  struct Row {
    int code;  // 0: silent, -1: refused port, -2: unknown name
    Cause cause;
  };
  for (const Row row :
       {Row{403, Cause::kRejected}, Row{404, Cause::kRejected}, Row{503, Cause::kRejected},
        Row{0, Cause::kNoResponse}, Row{-1, Cause::kUnreachable}, Row{-2, Cause::kResolve}}) {
    SCOPED_TRACE(row.code);
    auto registrar = std::make_unique<RawPeer>(*loop_);
    registrar->on("REGISTER", [&, peer = registrar.get()](const RawMessage& m) {
      if (row.code > 0) peer->reply(m, row.code);
    });
    SipOptions o = with_account(*registrar);
    o.connect_timeout = milliseconds(700);
    if (row.code == -1) registrar.reset();
    if (row.code == -2) o.account->registrar = "sip:registrar.invalid";
    Side& side = open(o);
    ASSERT_TRUE(side.endpoint->enroll(seconds(60)));
    ASSERT_TRUE(wait([&] { return !side.registered.empty(); }));
    EXPECT_EQ(side.registered.back().kind, Kind::kFailed);
    EXPECT_EQ(side.registered.back().cause, row.cause);
    EXPECT_EQ(side.registered.back().code, std::max(row.code, 0));
  }
  expect_clean_ = false;  // the silent one
}

TEST_F(RegistrationTest, WithoutAnAccountItIsAUsageError) {
  Side& side = open();
  const auto result = side.endpoint->enroll(seconds(60));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kUsage);
  bool done = false;
  side.endpoint->withdraw([&] { done = true; });
  EXPECT_TRUE(wait([&] { return done; }));
}

}  // namespace
}  // namespace lineman
