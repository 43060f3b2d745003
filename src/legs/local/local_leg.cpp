#include "local_leg.h"

#include <utility>

#include "lineman/call_result.h"
#include "lineman/random.h"

namespace lineman {
namespace {

constexpr std::string_view kFarTag = "far";

std::string_view phrase_of(int code) {
  switch (code) {
    case 404: return "Not Found";
    case 480: return "Temporarily Unavailable";
    case 486: return "Busy Here";
    case 488: return "Not Acceptable Here";
    case 503: return "Service Unavailable";
    case 603: return "Decline";
    default: return "Refused";
  }
}

std::string hex(std::uint64_t value) {
  std::string out;
  for (int shift = 60; shift >= 0; shift -= 4)
    out.push_back("0123456789abcdef"[value >> shift & 15]);
  return out;
}

LegEnd ended(Cause cause, EndedBy by, int code = 0, std::string reason = {}) {
  LegEnd end;
  end.cause = cause;
  end.by = by;
  end.code = code;
  end.reason = std::move(reason);
  return end;
}

tl::unexpected<Error> cannot(const std::string& verb) {
  return fail(ErrorCode::kUnsupported,
              "a local: leg cannot " + verb + ": its far end never calls; use a sip: address");
}

}  // namespace

LocalLeg::LocalLeg(const FarWorld& world, CallId id, std::uint64_t seed,
                   std::shared_ptr<std::set<LocalLeg*>> living)
    : world_(world),
      far_id_(id),
      seed_(seed),
      living_(std::move(living)),
      call_id_(hex(derive(seed, "call-id")) + "@local") {
  living_->insert(this);
}

LocalLeg::~LocalLeg() {
  for (const Loop::Id id : timers_) world_.loop.cancel(id);
  far_.reset();
  living_->erase(this);
}

Address LocalLeg::signalling_peer() const {
  return heard_ ? Address::parse_ip("192.0.2.2", 5060).value() : Address{};
}

void LocalLeg::after(Duration time, std::function<void()> fn) {
  timers_.push_back(world_.loop.at(world_.loop.now() + time, std::move(fn)));
}

void LocalLeg::emit(LegEvent event) {
  heard_ = true;
  if (sink_) sink_->on_leg_event(std::move(event));
}

Result<void> LocalLeg::dial(const DialRequest& request) {
  if (state_ != State::kIdle) return fail(ErrorCode::kInternal, "a leg dials once");
  auto scenario = parse_scenario(request.uri);
  if (!scenario) return tl::make_unexpected(scenario.error());
  auto far = FarEnd::make(world_, *scenario, far_id_, seed_);
  if (!far) return tl::make_unexpected(far.error());
  scenario_ = std::move(*scenario);
  far_ = std::move(*far);
  uri_ = request.uri;
  offer_ = request.offer.text;
  state_ = State::kCalling;
  if (scenario_.kind != Scenario::Kind::kSilent) {
    after(2 * kOneWay, [this] { play_scenario(); });
    return {};
  }
  after(world_.connect_timeout, [this] {
    LegEnd end;
    end.cause = Cause::kNoResponse;
    end.by = EndedBy::kNetwork;
    end.reason = "nothing came back within " +
                 std::to_string(world_.connect_timeout.count() / 1'000'000) + " ms";
    this->end(std::move(end));
  });
  return {};
}

void LocalLeg::play_scenario() {
  emit(leg_event::Trying{});
  switch (scenario_.kind) {
    case Scenario::Kind::kSilent: return;
    case Scenario::Kind::kBusy: return after(kOneWay, [this] { refuse_call(486); });
    case Scenario::Kind::kDecline: return after(kOneWay, [this] { refuse_call(603); });
    case Scenario::Kind::kReject: return after(kOneWay, [this] { refuse_call(scenario_.code); });
    case Scenario::Kind::kRing:
    case Scenario::Kind::kEcho:
    case Scenario::Kind::kAnswer: after(kOneWay, [this] { emit(leg_event::Ringing{}); }); break;
    case Scenario::Kind::kEarly:
      after(kOneWay, [this] {
        if (!describe()) return;
        far_->play();
        emit(leg_event::EarlyMedia{183, {"application/sdp", description_}, std::string(kFarTag)});
      });
      break;
  }
  if (scenario_.kind != Scenario::Kind::kRing) {
    after(kOneWay + scenario_.ring, [this] { pick_up(); });
  }
}

void LocalLeg::refuse_call(int code) {
  end(ended(cause_of_status(code, false), EndedBy::kPeer, code, std::string(phrase_of(code))));
}

bool LocalLeg::describe() {
  if (!description_.empty()) return true;
  auto answer = far_->answer(offer_);
  if (!answer) {
    if (answer.error().code == ErrorCode::kMalformed ||
        answer.error().code == ErrorCode::kNoCommon) {
      end(ended(Cause::kMediaNegotiation, EndedBy::kPeer, 488, std::string(phrase_of(488))));
    } else {
      end(ended(Cause::kLocalResource, EndedBy::kLocal, 0, answer.error().text));
    }
    return false;
  }
  description_ = std::move(*answer);
  return true;
}

void LocalLeg::pick_up() {
  if (!describe()) return;
  state_ = State::kConnected;
  after(2 * kOneWay, [this] {
    far_->play();
    far_->send_digits();
    emit(leg_event::Established{});
  });
  if (scenario_.hang_up) {
    after(*scenario_.hang_up, [this] { end(ended(Cause::kNormal, EndedBy::kPeer)); });
  }
  emit(leg_event::Answered{200, "OK", {"application/sdp", description_}, std::string(kFarTag)});
}

Result<void> LocalLeg::offer(const Body& description) {
  if (state_ != State::kConnected) {
    return fail(ErrorCode::kUnsupported, "a local: leg takes a new offer only while connected");
  }
  after(2 * kOneWay, [this, text = description.text] {
    if (state_ != State::kConnected) return;
    const auto answer = far_->answer(text);
    if (!answer) return emit(leg_event::Refused{488});
    emit(leg_event::Accepted{{"application/sdp", *answer}});
  });
  return {};
}

Result<void> LocalLeg::send_digit(char, Duration) {
  if (state_ == State::kConnected) return {};
  return fail(ErrorCode::kUnsupported, "a local: leg sends digits only while connected");
}

void LocalLeg::hang_up(const std::string& reason) {
  if (state_ == State::kEnding || state_ == State::kEnded) return;
  const bool answered = state_ == State::kConnected;
  state_ = State::kEnding;
  for (const Loop::Id id : timers_) world_.loop.cancel(id);
  timers_.clear();
  after(2 * kOneWay, [this, answered, reason] {
    end(ended(answered ? Cause::kNormal : Cause::kCancelled, EndedBy::kLocal, 0, reason));
  });
}

void LocalLeg::end(LegEnd end) {
  if (state_ == State::kEnded) return;
  state_ = State::kEnded;
  for (const Loop::Id id : timers_) world_.loop.cancel(id);
  timers_.clear();
  if (far_) far_->stop();
  if (sink_) sink_->on_leg_event(leg_event::Ended{std::move(end)});  // may destroy this
}

Result<void> LocalLeg::ring(int, const Body&) { return cannot("ring"); }
Result<void> LocalLeg::answer(const Body&) { return cannot("answer"); }
Result<void> LocalLeg::reject(int, const std::string&) { return cannot("reject"); }
Result<void> LocalLeg::accept(const Body&) { return cannot("accept an offer"); }
Result<void> LocalLeg::refuse(int) { return cannot("refuse an offer"); }

}  // namespace lineman
