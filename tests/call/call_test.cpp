// The call state machine: leg events, media events and time in, actions and one verdict out.
#include "lineman/call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lineman {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Kind = MediaEvent::Kind;

Verb line(const char* text) { return parse_verb_line(text).value(); }

Address address(const char* text) { return Address::parse(text).value(); }

// Drives one Call by hand: time only moves by at().
class Driver {
 public:
  explicit Driver(CallOptions options = defaults(), bool outgoing = true)
      : call_(make_call(std::move(options))) {
    if (outgoing) {
      call_->dial(now_);
    } else {
      Incoming incoming;
      incoming.from = "sip:bob@127.0.0.1";
      incoming.source = address("127.0.0.1:5070");
      incoming.offer = {"application/sdp", "v=0"};
      call_->incoming(incoming, "id-1", now_);
      if (call_->state() == Call::State::kTrying) negotiate();
    }
    drain();
  }

  static CallOptions defaults() {
    CallOptions o;
    o.target = "sip:600@pbx";
    o.ring_timeout = 30s;
    o.rtp_timeout = 5s;
    o.digit_duration = 100ms;
    o.digit_gap = 100ms;
    return o;
  }

  // Advances to `t` after the start, firing every timer on the way.
  void at(Duration t) {
    const TimePoint end = TimePoint{} + t;
    while (call_->next_timeout() <= end) {
      now_ = std::max(now_, call_->next_timeout());
      call_->on_timeout(now_);
      drain();
    }
    now_ = end;
  }
  template <class E>
  void leg(E event) {
    call_->on_leg(event, now_);
    drain();
  }
  void media(Kind kind, std::uint32_t id = 0, std::int64_t value = 0, char digit = 0) {
    MediaEvent e;
    e.kind = kind;
    e.id = id;
    e.value = value;
    e.digit = digit;
    e.time = now_;
    call_->on_media(e, now_);
    drain();
  }
  void recorded(std::uint32_t id, Duration length) {
    MediaEvent e;
    e.kind = Kind::kRecordEnded;
    e.id = id;
    e.duration = length;
    e.time = now_;
    call_->on_media(e, now_);
    drain();
  }
  void negotiate(Direction direction = Direction::kSendRecv, bool events = true) {
    NegotiatedMedia m;
    m.codec = "PCMU";
    m.direction = direction;
    m.telephone_event = events;
    m.local = address("127.0.0.1:4000");
    m.remote = address("127.0.0.1:5000");
    m.ptime = 20ms;
    call_->on_negotiated(m, now_);
    drain();
  }
  void answer(bool events = true) {
    negotiate(Direction::kSendRecv, events);
    leg(leg_event::Answered{200, "OK", {"application/sdp", "v=0"}, "t"});
    leg(leg_event::Established{});
  }
  void end(Cause cause, EndedBy by, int code = 0) {
    LegEnd e;
    e.cause = cause;
    e.by = by;
    e.code = code;
    leg(leg_event::Ended{e});
  }
  // The media comes home with these counters.
  void media_gone(MediaReport report) {
    call_->on_media_gone(&report, lateness, now_);
    drain();
  }
  static MediaReport heard(std::uint64_t packets, std::optional<bool> by_peer = std::nullopt) {
    MediaReport r;
    r.stats.leg.rx.packets = packets;
    r.rx.packets = static_cast<std::int64_t>(packets);
    r.stats.leg.tx.heard_by_peer = by_peer;
    return r;
  }
  const CallResult& finish(MediaReport report = heard(100, true)) {
    at(std::chrono::duration_cast<Duration>(now_ - TimePoint{}) + 300ms);
    media_gone(report);
    EXPECT_TRUE(done) << "no action::Done";
    return call_->result();
  }

  template <class A>
  std::vector<A> all() const {
    std::vector<A> found;
    for (const auto& a : actions) {
      if (const auto* p = std::get_if<A>(&a)) found.push_back(*p);
    }
    return found;
  }
  std::vector<std::string> events() const {
    std::vector<std::string> names;
    for (const auto& e : all<action::Emit>()) names.emplace_back(event_row(e.body).name);
    return names;
  }

  std::vector<Action> actions;
  bool done = false;
  Duration lateness{};
  Call& call() { return *call_; }
  TimePoint now() const { return now_; }

 private:
  void drain() {
    Action a;
    while (call_->next_action(now_, a)) {
      done = done || std::holds_alternative<action::Done>(a);
      actions.push_back(std::move(a));
    }
  }
  std::unique_ptr<Call> call_;
  TimePoint now_{};
};

CallOptions with(std::vector<Verb> script) {
  CallOptions o = Driver::defaults();
  o.script = std::move(script);
  return o;
}

CallOptions expecting(std::initializer_list<const char*> expectations) {
  CallOptions o = Driver::defaults();
  for (const char* e : expectations) o.expectations.push_back(parse_expectation(e).value());
  return o;
}

TEST(Call, OutgoingAnsweredAndHungUpByTheScriptIsOk) {
  Driver d(with({line("play tone:440,1s"), line("hangup")}));
  EXPECT_EQ(d.all<action::Dial>().size(), 1u);
  d.at(100ms);
  d.leg(leg_event::Trying{});
  d.leg(leg_event::Ringing{180});
  EXPECT_EQ(d.call().state(), Call::State::kRinging);
  d.at(400ms);
  d.answer();
  EXPECT_EQ(d.call().state(), Call::State::kConnected);
  ASSERT_EQ(d.all<action::Play>().size(), 1u);
  d.at(1400ms);
  d.media(Kind::kPlayEnded, d.all<action::Play>()[0].id);
  EXPECT_EQ(d.all<action::HangUp>().size(), 1u);
  d.end(Cause::kNormal, EndedBy::kLocal);
  const CallResult& r = d.finish();
  EXPECT_EQ(r.exit, Exit::kOk);
  EXPECT_EQ(r.status, "answered");
  EXPECT_EQ(r.media, "two_way");
  EXPECT_EQ(r.ended_by, "local");
  EXPECT_DOUBLE_EQ(*r.pdd_ms, 100);
  EXPECT_DOUBLE_EQ(*r.setup_ms, 400);
  EXPECT_DOUBLE_EQ(*r.duration_ms, 1000);
  EXPECT_THAT(d.events(),
              ElementsAre("call.trying", "call.ringing", "media.started", "call.answered",
                          "call.established", "play.ended", "call.ended", "call.result"));
}

struct EndCase {
  Cause cause;
  int code;
  Exit exit;
};
class CallEnds : public ::testing::TestWithParam<EndCase> {};
TEST_P(CallEnds, BeforeAnAnswerByCause) {
  Driver d;
  d.end(GetParam().cause, EndedBy::kPeer, GetParam().code);
  const CallResult& r = d.finish();
  EXPECT_EQ(r.exit, GetParam().exit);
  EXPECT_EQ(r.cause, cause_name(GetParam().cause));
  EXPECT_EQ(r.sip_code.value_or(0), GetParam().code);
}
INSTANTIATE_TEST_SUITE_P(
    Table, CallEnds,
    ::testing::Values(EndCase{Cause::kBusy, 486, Exit::kBusy},
                      EndCase{Cause::kDeclined, 603, Exit::kBusy},
                      EndCase{Cause::kNoAnswer, 480, Exit::kNoAnswer},
                      EndCase{Cause::kRejected, 404, Exit::kRejected},
                      EndCase{Cause::kRedirected, 302, Exit::kRejected},
                      EndCase{Cause::kAuthentication, 401, Exit::kAuthentication},
                      EndCase{Cause::kUnreachable, 0, Exit::kUnreachable},
                      EndCase{Cause::kNoResponse, 0, Exit::kUnreachable},
                      EndCase{Cause::kResolve, 0, Exit::kResolve},
                      EndCase{Cause::kMediaNegotiation, 488, Exit::kNegotiation}));

TEST(Call, StatusOfOurOwnStackIsNeverASipCode) {
  Driver d;
  d.end(Cause::kUnreachable, EndedBy::kNetwork, 903);
  const CallResult& r = d.finish();
  EXPECT_FALSE(r.sip_code);
  EXPECT_EQ(r.exit, Exit::kUnreachable);
}

TEST(Call, RingTimeoutCancelsAndIsNoAnswer) {
  Driver d;
  d.leg(leg_event::Ringing{180});
  d.at(29s);
  EXPECT_THAT(d.all<action::HangUp>(), IsEmpty());
  d.at(30s);
  ASSERT_EQ(d.all<action::HangUp>().size(), 1u);
  d.end(Cause::kCancelled, EndedBy::kLocal, 487);
  EXPECT_EQ(d.finish().exit, Exit::kNoAnswer);
}

TEST(Call, ASilentLegEndsByItself) {
  Driver d;
  d.call().stop(15, "signal", d.now());
  d.at(2s);  // nobody answers the CANCEL
  const CallResult& r = d.finish();
  EXPECT_EQ(static_cast<int>(r.exit), 128 + 15);
  EXPECT_EQ(r.verdict, "signal_15");
}

TEST(Call, PeerHangingUpInTheScriptIs13) {
  Driver d(with({line("play tone:440,5s"), line("hangup")}));
  d.answer();
  d.at(2s);
  d.end(Cause::kNormal, EndedBy::kPeer);
  const CallResult& r = d.finish();
  EXPECT_EQ(r.exit, Exit::kPeerHungUp);
  EXPECT_THAT(r.causes, Contains(HasSubstr("play tone:440")));
}

TEST(Call, PeerHangingUpWithNothingLeftToDoIsOk) {
  Driver d;
  d.answer();
  d.at(2s);
  d.end(Cause::kNormal, EndedBy::kPeer);
  EXPECT_EQ(d.finish().exit, Exit::kOk);
}

TEST(Call, DurationCountsFromTheAnswerAndMustBeReached) {
  CallOptions o = Driver::defaults();
  o.duration = 3s;
  Driver whole(o);
  whole.at(1s);
  whole.answer();
  whole.at(3900ms);
  EXPECT_THAT(whole.all<action::HangUp>(), IsEmpty());
  whole.at(4s);
  EXPECT_EQ(whole.all<action::HangUp>().size(), 1u);
  whole.end(Cause::kNormal, EndedBy::kLocal);
  EXPECT_EQ(whole.finish().exit, Exit::kOk);

  Driver cut(o);
  cut.answer();
  cut.at(1s);
  cut.end(Cause::kNormal, EndedBy::kPeer);
  EXPECT_EQ(cut.finish().exit, Exit::kPeerHungUp);
}

struct MediaCase {
  const char* name;
  Duration lasted;
  std::uint64_t packets;
  std::optional<bool> by_peer;
  bool stalled, require;
  Exit exit;
  const char* media;
};
class CallMediaVerdict : public ::testing::TestWithParam<MediaCase> {};
TEST_P(CallMediaVerdict, IsDecidedAtTheEnd) {
  const MediaCase& c = GetParam();
  CallOptions o = Driver::defaults();
  o.require_media = c.require;
  Driver d(o);
  d.answer();
  d.at(c.lasted);
  if (c.stalled) d.media(Kind::kStalled);
  d.end(Cause::kNormal, EndedBy::kPeer);
  const CallResult& r = d.finish(Driver::heard(c.packets, c.by_peer));
  EXPECT_EQ(r.exit, c.exit) << c.name;
  EXPECT_EQ(r.media, c.media) << c.name;
}
INSTANTIATE_TEST_SUITE_P(
    Table, CallMediaVerdict,
    ::testing::Values(
        MediaCase{"both ways", 6s, 100, true, false, false, Exit::kOk, "two_way"},
        MediaCase{"the peer sends no RTCP", 6s, 100, std::nullopt, false, false, Exit::kOk,
                  "received"},
        MediaCase{"nothing came", 6s, 0, std::nullopt, false, false, Exit::kNoMedia, "none"},
        MediaCase{"only the peer heard", 6s, 0, true, false, false, Exit::kNoMedia, "one_way_tx"},
        MediaCase{"only we heard", 6s, 100, false, false, false, Exit::kNoMedia, "one_way_rx"},
        MediaCase{"it stopped", 20s, 100, std::nullopt, true, false, Exit::kNoMedia, "none"},
        MediaCase{"short and silent", 4s, 0, std::nullopt, false, false, Exit::kOk, "unproven"},
        MediaCase{"short, silent, required", 4s, 0, std::nullopt, false, true, Exit::kNoMedia,
                  "unproven"},
        MediaCase{"short but heard, required", 1s, 10, true, false, true, Exit::kOk, "two_way"}));

TEST(Call, OnHoldNoMediaIsAskedFor) {
  Driver d;
  d.answer();
  d.at(1s);
  d.negotiate(Direction::kInactive);
  EXPECT_EQ(d.call().state(), Call::State::kHeld);
  EXPECT_THAT(d.events(), Contains("call.held"));
  d.at(20s);
  d.end(Cause::kNormal, EndedBy::kPeer);
  const CallResult& r = d.finish(Driver::heard(0));
  EXPECT_EQ(r.exit, Exit::kOk);
  EXPECT_EQ(r.media, "not_negotiated");
}

TEST(Call, PeerResumes) {
  Driver d;
  d.answer();
  d.negotiate(Direction::kRecvOnly);
  d.negotiate(Direction::kSendRecv);
  EXPECT_EQ(d.call().state(), Call::State::kConnected);
  EXPECT_THAT(d.events(), Contains("call.resumed"));
}

TEST(Call, ExpectationsReplaceTheNaturalCheckTheySpeakOf) {
  Driver busy(expecting({"cause=busy"}));
  busy.end(Cause::kBusy, EndedBy::kPeer, 486);
  EXPECT_EQ(busy.finish().exit, Exit::kOk);

  Driver other(expecting({"cause=busy"}));
  other.end(Cause::kRejected, EndedBy::kPeer, 404);
  const CallResult& r = other.finish();
  EXPECT_EQ(r.exit, Exit::kRejected) << "a natural failure wins over 1";
  EXPECT_THAT(r.causes, Contains(HasSubstr("expected cause=busy")));

  Driver silent(expecting({"rx.packets=0"}));
  silent.answer();
  silent.at(10s);
  silent.end(Cause::kNormal, EndedBy::kPeer);
  EXPECT_EQ(silent.finish(Driver::heard(0)).exit, Exit::kOk);
}

TEST(Call, AFailedExpectationIs1AndAMissingValueFails) {
  Driver d(expecting({"rx.mos>=3.5"}));
  d.answer();
  d.at(1s);
  d.end(Cause::kNormal, EndedBy::kPeer);
  const CallResult& r = d.finish();
  EXPECT_EQ(r.exit, Exit::kExpectation);
  EXPECT_THAT(d.events(), Contains("expect.failed"));
}

TEST(Call, ExpectationOnRxProvesTheMedia) {
  Driver d(expecting({"rx.loss_pct=..5"}));
  d.answer();
  d.at(1s);
  d.end(Cause::kNormal, EndedBy::kPeer);
  EXPECT_EQ(d.finish(Driver::heard(0)).exit, Exit::kNoMedia);
}

TEST(Call, AMachineThatWasTooLateHasNotMeasured) {
  Driver d;
  d.answer();
  d.at(10s);
  d.end(Cause::kNormal, EndedBy::kPeer);
  d.lateness = 2s;
  EXPECT_EQ(d.finish(Driver::heard(0)).exit, Exit::kInvalid);
}

TEST(Call, LatenessAloneFailsNothing) {
  Driver d;
  d.answer();
  d.at(10s);
  d.end(Cause::kNormal, EndedBy::kPeer);
  d.lateness = 2s;
  EXPECT_EQ(d.finish().exit, Exit::kOk);
}

TEST(Call, NoCommonCodecIs10EitherWay) {
  Driver out;
  out.call().on_negotiation_failed({ErrorCode::kNoCommon, "no common codec"}, {"G729"}, out.now());
  out.leg(leg_event::Answered{200, "OK", {"application/sdp", "v=0"}, "t"});
  out.end(Cause::kNormal, EndedBy::kLocal);
  const CallResult& r = out.finish();
  EXPECT_EQ(r.exit, Exit::kNegotiation);
  EXPECT_THAT(r.diagnosis, HasSubstr("G729"));
}

TEST(Call, TheFirstFailureOfTheNegotiationCounts) {
  Driver out;
  out.call().on_negotiation_failed({ErrorCode::kNoCommon, "no common codec"}, {"G729"}, out.now());
  out.call().on_negotiation_failed({ErrorCode::kMalformed, "no description"}, {}, out.now());
  out.leg(leg_event::Answered{200, "OK", {"application/sdp", "v=0"}, "t"});
  out.end(Cause::kNormal, EndedBy::kLocal);
  const CallResult& r = out.finish();
  EXPECT_EQ(r.reason, "no common codec");
  EXPECT_THAT(r.diagnosis, HasSubstr("G729"));
}

TEST(Call, RecordingsThatTheScriptBeginsWithStartAtEarlyMedia) {
  Driver d(with({line("record a.wav"), line("record b.wav"), line("play tone:440,1s")}));
  d.negotiate();
  d.leg(leg_event::EarlyMedia{183, {"application/sdp", "v=0"}, "t"});
  EXPECT_EQ(d.all<action::Record>().size(), 2u);
  EXPECT_EQ(d.all<action::Play>().size(), 0u);
  d.leg(leg_event::EarlyMedia{183, {"application/sdp", "v=0"}, "u"});
  d.answer();
  EXPECT_EQ(d.all<action::Record>().size(), 2u);
  EXPECT_EQ(d.all<action::Play>().size(), 1u);
}

TEST(Call, ARecordingToWaitForMayEndBeforeTheAnswer) {
  Driver d(with({line("record a.wav max=1s wait=yes"), line("play tone:440,1s")}));
  d.negotiate();
  d.leg(leg_event::EarlyMedia{183, {"application/sdp", "v=0"}, "t"});
  ASSERT_EQ(d.all<action::Record>().size(), 1u);
  d.media(Kind::kRecordEnded, d.all<action::Record>()[0].id);
  EXPECT_EQ(d.all<action::Play>().size(), 0u);
  d.answer();
  EXPECT_EQ(d.all<action::Play>().size(), 1u);
}

TEST(Call, IncomingIsAnsweredAtOnceAndTheScriptStartsAtTheAck) {
  Driver d(with({line("play tone:440,1s")}), false);
  EXPECT_EQ(d.all<action::Answer>().size(), 1u);
  EXPECT_THAT(d.all<action::Play>(), IsEmpty());
  d.leg(leg_event::Established{});
  EXPECT_EQ(d.all<action::Play>().size(), 1u);
}

TEST(Call, IncomingRingsFirst) {
  CallOptions o = Driver::defaults();
  o.ring = 2s;
  Driver d(o, false);
  ASSERT_EQ(d.all<action::Ring>().size(), 1u);
  EXPECT_EQ(d.all<action::Ring>()[0].code, 180);
  d.at(1900ms);
  EXPECT_THAT(d.all<action::Answer>(), IsEmpty());
  d.at(2s);
  EXPECT_EQ(d.all<action::Answer>().size(), 1u);
}

TEST(Call, EarlyPlaysTheFirstSourceBeforeTheAnswer) {
  CallOptions o = with({line("play tone:440,1s"), line("play tone:880,1s")});
  o.early = true;
  Driver d(o, false);
  ASSERT_EQ(d.all<action::Ring>().size(), 1u);
  EXPECT_EQ(d.all<action::Ring>()[0].code, 183);
  ASSERT_EQ(d.all<action::Play>().size(), 1u);
  EXPECT_THAT(d.all<action::Answer>(), IsEmpty());
  d.media(Kind::kPlayEnded, d.all<action::Play>()[0].id);
  EXPECT_EQ(d.all<action::Answer>().size(), 1u);
  EXPECT_EQ(d.all<action::Play>().size(), 1u);
  d.leg(leg_event::Established{});
  EXPECT_EQ(d.all<action::Play>().size(), 2u);
}

TEST(Call, TheFirstFailureOfANegotiationIsTheReason) {
  Driver d;
  d.call().on_negotiation_failed({ErrorCode::kNoCommon, "no common codec"}, {"G729"}, d.now());
  d.leg(leg_event::Answered{200, "OK", {"application/sdp", "v=0"}, "t"});
  d.call().on_negotiation_failed({ErrorCode::kMalformed, "nothing there"}, {}, d.now());
  d.leg(leg_event::Established{});
  d.end(Cause::kNormal, EndedBy::kLocal);
  const CallResult& r = d.finish(Driver::heard(0));
  EXPECT_EQ(r.exit, Exit::kNegotiation);
  EXPECT_EQ(r.reason, "no common codec");
  EXPECT_THAT(r.diagnosis, HasSubstr("G729"));
}

TEST(Call, ARejectedCallIsNotJudgedByItsOffer) {
  CallOptions o = Driver::defaults();
  o.reject = 486;
  Driver d(o, false);
  d.call().on_negotiation_failed({ErrorCode::kNoCommon, "no common codec"}, {"G729"}, d.now());
  d.end(Cause::kBusy, EndedBy::kLocal);
  EXPECT_EQ(d.finish().exit, Exit::kOk);
  EXPECT_EQ(d.all<action::Reject>().size(), 1u);
  EXPECT_THAT(d.events(), Not(Contains("media.started")));
}

TEST(Call, ASignalAfterTheHangUpCutsNothingShort) {
  Driver d(with({line("hangup")}));
  d.answer();
  ASSERT_EQ(d.all<action::HangUp>().size(), 1u);
  d.call().stop(15, "signal", d.now());
  d.end(Cause::kNormal, EndedBy::kLocal);
  EXPECT_EQ(d.finish().exit, Exit::kOk);

  Driver talking(with({line("wait 10s"), line("hangup")}));
  talking.answer();
  talking.call().stop(15, "signal", talking.now());
  talking.end(Cause::kNormal, EndedBy::kLocal);
  EXPECT_EQ(static_cast<int>(talking.finish().exit), 128 + 15);
}

TEST(Call, AMediaProofIsAskedForOnHoldToo) {
  for (const std::uint64_t packets : {0u, 100u}) {
    CallOptions o = Driver::defaults();
    o.require_media = true;
    Driver d(o);
    d.negotiate(Direction::kInactive);
    d.leg(leg_event::Answered{200, "OK", {"application/sdp", "v=0"}, "t"});
    d.at(1s);
    d.end(Cause::kNormal, EndedBy::kPeer);
    EXPECT_EQ(d.finish(Driver::heard(packets)).exit, packets ? Exit::kOk : Exit::kNoMedia);
  }
}

TEST(Call, ExpectationsSeeTheNaturalOutcome) {
  for (const char* holds : {"exit=8", "verdict=busy", "calls=1", "calls_ok=0", "causes~486"}) {
    Driver d(expecting({holds}));
    d.end(Cause::kBusy, EndedBy::kPeer, 486);
    EXPECT_EQ(d.finish().exit, Exit::kBusy);
    EXPECT_THAT(d.events(), Contains("expect.passed")) << holds;
  }
  Driver d(expecting({"exit=0"}));
  d.end(Cause::kBusy, EndedBy::kPeer, 486);
  d.finish();
  EXPECT_THAT(d.events(), Contains("expect.failed"));
}

TEST(Call, RejectAsAskedIsOk) {
  CallOptions o = Driver::defaults();
  o.reject = 404;
  Driver d(o, false);
  ASSERT_EQ(d.all<action::Reject>().size(), 1u);
  EXPECT_EQ(d.all<action::Reject>()[0].code, 404);
  d.end(Cause::kRejected, EndedBy::kLocal);
  const CallResult& r = d.finish();
  EXPECT_EQ(r.exit, Exit::kOk);
  EXPECT_EQ(r.status, "rejected");
}

TEST(Call, APeerThatHangsUpWhenAllDigitsAreOutHasSeenThemAll) {
  for (const bool all : {false, true}) {
    Driver d(with({line("send 12"), line("hangup")}));
    d.answer();
    ASSERT_EQ(d.all<action::SendDigits>().size(), 1u);
    const auto id = d.all<action::SendDigits>()[0].id;
    d.media(Kind::kDigitSent, id, 0, '1');
    if (all) d.media(Kind::kDigitSent, id, 0, '2');
    d.end(Cause::kNormal, EndedBy::kPeer);
    EXPECT_EQ(d.finish().exit, all ? Exit::kOk : Exit::kPeerHungUp);
  }
}

TEST(Call, ACallerWhoGivesUpIs13) {
  CallOptions o = Driver::defaults();
  o.ring = 10s;
  Driver d(o, false);
  d.end(Cause::kCancelled, EndedBy::kPeer);
  EXPECT_EQ(d.finish().exit, Exit::kPeerHungUp);
}

TEST(Call, NoAckIsADroppedCallWithADiagnosis) {
  Driver d(Driver::defaults(), false);
  LegEnd e;
  e.cause = Cause::kDialogLost;
  e.by = EndedBy::kNetwork;
  e.no_ack = true;
  d.leg(leg_event::Ended{e});
  const CallResult& r = d.finish();
  EXPECT_EQ(r.exit, Exit::kDropped);
  EXPECT_THAT(r.diagnosis, HasSubstr("never acknowledged"));
}

TEST(Call, ReadTakesFilteredDigitsAlsoThoseTypedAhead) {
  Driver d(with({line("wait 1s"), line("read 2 filter=12"), line("hangup")}));
  d.answer();
  d.media(Kind::kDigitReceived, 0, 0, '9');
  d.media(Kind::kDigitReceived, 0, 0, '1');
  d.at(1s);
  d.media(Kind::kDigitReceived, 0, 0, '2');
  EXPECT_EQ(d.all<action::HangUp>().size(), 1u);
  d.end(Cause::kNormal, EndedBy::kLocal);
  const CallResult& r = d.finish();
  EXPECT_EQ(r.digits, "12");
  EXPECT_EQ(r.digits_complete, true);
  EXPECT_EQ(r.exit, Exit::kOk);
}

TEST(Call, AReadThatTimesOutIs1AndTheScriptGoesOn) {
  Driver d(with({line("read 4 within=2s"), line("hangup")}));
  d.answer();
  d.media(Kind::kDigitReceived, 0, 0, '1');
  d.at(2s);
  EXPECT_EQ(d.all<action::HangUp>().size(), 1u);
  d.end(Cause::kNormal, EndedBy::kLocal);
  const CallResult& r = d.finish();
  EXPECT_EQ(r.exit, Exit::kExpectation);
  EXPECT_EQ(r.digits, "1");
  EXPECT_EQ(r.digits_complete, false);
}

TEST(Call, DigitsCarryTheirPausesAsGaps) {
  Driver d(with({line("send w1w2,3")}));
  d.answer();
  EXPECT_THAT(d.all<action::SendDigits>(), IsEmpty());
  d.at(500ms);
  ASSERT_EQ(d.all<action::SendDigits>().size(), 1u);
  const auto send = d.all<action::SendDigits>()[0];
  EXPECT_EQ(send.mode, DtmfMode::kRfc4733);
  ASSERT_EQ(send.digits.size(), 3u);
  EXPECT_EQ(send.digits[0].gap, Duration(600ms));
  EXPECT_EQ(send.digits[1].gap, Duration(2100ms));
}

TEST(Call, WithoutTelephoneEventDigitsGoInBandWithAWarning) {
  Driver d(with({line("send 1")}));
  d.answer(false);
  ASSERT_EQ(d.all<action::SendDigits>().size(), 1u);
  EXPECT_EQ(d.all<action::SendDigits>()[0].mode, DtmfMode::kInband);
  EXPECT_THAT(d.events(), Contains("warning"));
}

TEST(Call, InfoDigitsArePacedByTheirLengthAndGap) {
  CallOptions o = with({line("send 12"), line("hangup")});
  o.dtmf_mode = DtmfMode::kInfo;
  Driver d(o);
  d.answer();
  EXPECT_EQ(d.all<action::SendInfo>().size(), 1u);
  d.at(199ms);
  EXPECT_EQ(d.all<action::SendInfo>().size(), 1u);
  d.at(200ms);
  EXPECT_EQ(d.all<action::SendInfo>().size(), 2u);
  d.at(300ms);
  EXPECT_EQ(d.all<action::HangUp>().size(), 1u);
}

TEST(Call, WaitsForToneSpeechSilenceAndDigits) {
  Driver d(with({line("wait tone:440"), line("wait speech"), line("wait silence:1s"),
                 line("wait dtmf:5"), line("wait 2-digits"), line("hangup")}));
  d.answer();
  d.media(Kind::kToneStarted, 0, 700);
  d.media(Kind::kToneStarted, 0, 441);
  d.media(Kind::kToneEnded);
  d.media(Kind::kSpeechStarted);
  d.at(1s);
  d.media(Kind::kSpeechEnded);
  d.at(1900ms);
  EXPECT_THAT(d.all<action::HangUp>(), IsEmpty());
  d.at(2s);
  for (char c : std::string("355")) d.media(Kind::kDigitReceived, 0, 0, c);
  EXPECT_THAT(d.all<action::HangUp>(), IsEmpty()) << "the first 5 was consumed by the wait for it";
  d.media(Kind::kDigitReceived, 0, 0, '6');
  EXPECT_EQ(d.all<action::HangUp>().size(), 1u);
}

TEST(Call, RecordStopsOnItsDigitAndOnSilence) {
  Driver d(with({line("record a.wav until=dtmf:#"), line("record b.wav until=silence:2s")}));
  d.answer();
  ASSERT_EQ(d.all<action::Record>().size(), 2u);
  d.media(Kind::kSpeechStarted);
  d.at(1s);
  d.media(Kind::kSpeechEnded);
  d.at(2900ms);
  EXPECT_THAT(d.all<action::StopRecord>(), IsEmpty());
  d.at(3s);
  ASSERT_EQ(d.all<action::StopRecord>().size(), 1u);
  EXPECT_EQ(d.all<action::StopRecord>()[0].why, RecordEnd::kSilence);
  d.media(Kind::kDigitReceived, 0, 0, '#');
  EXPECT_EQ(d.all<action::StopRecord>().size(), 2u);
}

TEST(Call, ARecordingThatWaitsEndsWithTheCallUnlessItIsTooShort) {
  for (const auto& [lasted, exit] : {std::pair{3s, Exit::kOk}, std::pair{1s, Exit::kExpectation}}) {
    Driver d(with({line("record a.wav min=2s wait=yes"), line("hangup")}));
    d.answer();
    d.at(lasted);
    d.end(Cause::kNormal, EndedBy::kPeer);
    d.recorded(1, lasted);
    d.call().on_recording_saved({"a.wav", "hangup", 3000}, nullptr, d.now());
    EXPECT_EQ(d.finish().exit, exit);
  }
}

TEST(Call, ARecordingThatIsTooShortIs1WhateverEndedIt) {
  for (const Duration length : {1999ms, 2000ms}) {
    Driver d(
        with({line("record a.wav min=2s until=silence:1s"), line("wait 10s"), line("hangup")}));
    d.answer();
    d.recorded(1, length);
    d.call().on_recording_saved({"a.wav", "silence", 2000}, nullptr, d.now());
    d.at(11s);
    d.end(Cause::kNormal, EndedBy::kLocal);
    EXPECT_EQ(d.finish().exit, length < 2s ? Exit::kExpectation : Exit::kOk);
  }
}

TEST(Call, OurOwnBoundDoesNotMakeAReadOrWaitSucceed) {
  struct Case {
    const char* verb;
    Exit by_duration, by_max_call;
  };
  for (const Case& c : {Case{"read 4", Exit::kExpectation, Exit::kExpectation},
                        Case{"wait tone:440", Exit::kExpectation, Exit::kExpectation},
                        Case{"wait speech", Exit::kExpectation, Exit::kExpectation},
                        Case{"wait 10s", Exit::kOk, Exit::kExpectation},
                        Case{"play a.wav", Exit::kOk, Exit::kExpectation},
                        Case{"record a.wav wait=yes", Exit::kOk, Exit::kOk}}) {
    for (const bool asked : {true, false}) {
      CallOptions o = with({line(c.verb), line("hangup")});
      (asked ? o.duration : o.max_call) = 3s;
      Driver d(o);
      d.answer();
      d.at(4s);
      ASSERT_EQ(d.all<action::HangUp>().size(), 1u);
      d.end(Cause::kNormal, EndedBy::kLocal);
      d.call().on_recording_saved({"a.wav", "hangup", 3000}, nullptr, d.now());
      EXPECT_EQ(d.finish().exit, asked ? c.by_duration : c.by_max_call) << c.verb << asked;
    }
  }
}

TEST(Call, AToneIsNoSilence) {
  Driver d(with({line("record a.wav until=silence:1s"), line("wait silence:1s")}));
  d.answer();
  d.media(Kind::kToneStarted, 0, 440);
  d.at(5s);
  EXPECT_TRUE(d.all<action::StopRecord>().empty());
  EXPECT_TRUE(d.all<action::HangUp>().empty());
  d.media(Kind::kToneEnded);
  d.at(5900ms);
  EXPECT_TRUE(d.all<action::StopRecord>().empty());
  d.at(6s);
  EXPECT_EQ(d.all<action::StopRecord>().size(), 1u);
}

TEST(Call, AFullDiskIsALocalFailure) {
  Driver d(with({line("record a.wav")}));
  d.answer();
  d.at(1s);
  const Error full{ErrorCode::kFile, "a.wav: no space left on device"};
  d.call().on_recording_saved({"a.wav", "sink_closed", 10}, &full, d.now());
  d.end(Cause::kNormal, EndedBy::kLocal);
  const CallResult& r = d.finish();
  EXPECT_EQ(r.exit, Exit::kLocal);
  EXPECT_THAT(r.causes, Contains(HasSubstr("no space left")));
}

TEST(Call, ARecordingThatIsNotWrittenInTimeIsALocalFailure) {
  for (const bool written : {false, true}) {
    Driver d(with({line("record a.wav")}));
    d.answer();
    d.at(1s);
    d.end(Cause::kNormal, EndedBy::kPeer);
    d.at(2s);
    d.media_gone(Driver::heard(100, true));
    ASSERT_FALSE(d.done);
    if (written) d.call().on_recording_saved({"a.wav", "hangup", 1000}, nullptr, d.now());
    d.media(Kind::kPeerReport);  // lets what is due come out
    d.at(4s);
    EXPECT_TRUE(d.done);
    EXPECT_EQ(d.call().result().exit, written ? Exit::kOk : Exit::kLocal);
  }
}

TEST(Call, HoldAndResumeWaitForThePeer) {
  Driver d(with({line("hold"), line("resume"), line("hangup")}));
  d.answer();
  ASSERT_EQ(d.all<action::Renegotiate>().size(), 1u);
  EXPECT_EQ(d.all<action::Renegotiate>()[0].direction, Direction::kSendOnly);
  d.negotiate(Direction::kSendOnly);
  d.leg(leg_event::Accepted{});
  ASSERT_EQ(d.all<action::Renegotiate>().size(), 2u);
  d.negotiate(Direction::kSendRecv);
  d.leg(leg_event::Accepted{});
  EXPECT_EQ(d.all<action::HangUp>().size(), 1u);
}

TEST(Call, DiagnosisNamesTheNat) {
  Driver d;
  d.call().set_wire("id", "sip:600@pbx", address("198.51.100.7:5060"));
  NegotiatedMedia m;
  m.codec = "PCMU";
  m.local = address("203.0.113.9:4000");
  m.remote = address("192.168.1.5:5000");
  m.ptime = 20ms;
  d.call().on_negotiated(m, d.now());
  d.leg(leg_event::Answered{200, "OK", {"application/sdp", "v=0"}, "t"});
  d.at(6s);
  d.end(Cause::kNormal, EndedBy::kPeer);
  const CallResult& r = d.finish(Driver::heard(0));
  EXPECT_EQ(r.exit, Exit::kNoMedia);
  EXPECT_THAT(r.diagnosis, HasSubstr("192.168.1.5"));
  EXPECT_THAT(r.diagnosis, HasSubstr("NAT"));
}

TEST(Call, DiagnosisNamesAnUnknownPayloadType) {
  Driver d;
  d.answer();
  d.media(Kind::kUnknownPayloadType, 0, 97);
  d.at(6s);
  d.end(Cause::kNormal, EndedBy::kPeer);
  EXPECT_THAT(d.finish(Driver::heard(0)).diagnosis, HasSubstr("payload type 97"));
}

TEST(Call, TheLastReportIsWaitedForButNotLong) {
  Driver d;
  d.answer();
  d.at(1s);
  d.end(Cause::kNormal, EndedBy::kPeer);
  EXPECT_THAT(d.all<action::RemoveMedia>(), IsEmpty());
  d.at(1200ms);
  EXPECT_EQ(d.all<action::RemoveMedia>().size(), 1u);
}

TEST(Call, ThePeersByeEndsTheWait) {
  Driver d;
  d.answer();
  d.at(1s);
  d.end(Cause::kNormal, EndedBy::kPeer);
  d.media(Kind::kRtcpBye);
  EXPECT_EQ(d.all<action::RemoveMedia>().size(), 1u);
}

}  // namespace
}  // namespace lineman
