// What the tests of legs/sip share: a loop, a resolver of fixed answers, endpoints and their sinks.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lineman/leg.h"
#include "lineman/loop.h"
#include "lineman/resolver.h"
#include "make.h"
#include "raw_peer.h"

namespace lineman {

using std::chrono::milliseconds;
using std::chrono::seconds;

inline const Body kOffer{"application/sdp",
                         "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                         "m=audio 40000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"};
inline const Body kAnswer{
    "application/sdp",
    "v=0\r\no=- 2 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 50000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"};

class FakeResolver final : public Resolver {
 public:
  explicit FakeResolver(Loop& loop) : loop_(loop) {}
  std::map<std::string, std::vector<Address>> names;
  int asked = 0;
  void resolve(const std::string& host, Duration, Done done) override {
    ++asked;
    loop_.post([this, host, done = std::move(done)] {
      if (const auto it = names.find(host); it != names.end()) return done(it->second);
      done(fail(ErrorCode::kResolve, "no address for '" + host + "'"));
    });
  }
  void cancel_all() override {}

 private:
  Loop& loop_;
};

// One side of a call: keeps what it is told, reacts as the test says.
struct Party : LegSink {
  std::unique_ptr<Leg> leg;
  Incoming call;
  std::vector<LegEvent> events;
  std::function<void(const LegEvent&)> react;

  void take(std::unique_ptr<Leg> l) {
    leg = std::move(l);
    leg->set_sink(this);
  }
  void on_leg_event(LegEvent event) override {
    EXPECT_FALSE(ended()) << "an event after Ended";
    events.push_back(event);
    if (react) react(event);
  }
  template <class T>
  const T* get() const {  // the latest of a kind
    for (auto it = events.rbegin(); it != events.rend(); ++it) {
      if (const auto* e = std::get_if<T>(&*it)) return e;
    }
    return nullptr;
  }
  template <class T>
  int count() const {
    return static_cast<int>(std::count_if(
        events.begin(), events.end(), [](const auto& e) { return std::holds_alternative<T>(e); }));
  }
  bool ended() const { return get<leg_event::Ended>() != nullptr; }
  LegEnd end() const {
    const auto* e = get<leg_event::Ended>();
    return e ? e->end : LegEnd{Cause::kNone, EndedBy::kNobody, -1, "", std::nullopt, false};
  }
};

struct Side : EndpointSink {  // an endpoint and what it reports
  std::unique_ptr<Endpoint> endpoint;
  std::function<void(std::unique_ptr<Leg>, Incoming)> incoming;
  std::vector<RegisterState> registered;

  void on_incoming(std::unique_ptr<Leg> leg, Incoming call) override {
    if (incoming) return incoming(std::move(leg), std::move(call));
    (void)leg->reject(486, "");
  }
  void on_register(const RegisterState& state) override { registered.push_back(state); }
  void on_warning(const std::string&, const std::string&) override {}

  Address address() const {  // as bound
    const auto text = endpoint->addresses().front();
    return *Address::parse(text.substr(4, text.find(';') - 4));
  }
};

class SipTest : public testing::Test {
 protected:
  SipTest() : loop_(make_loop()), resolver_(*loop_) {}
  // Every test ends with a healthy process: each endpoint goes in time.
  ~SipTest() override {
    bool all_clean = true;
    for (auto& side : sides_) {
      bool done = false, clean = false;
      const auto start = loop_->now();
      side->endpoint->shut_down(milliseconds(1800), [&](bool c) {
        done = true;
        clean = c;
      });
      EXPECT_TRUE(wait([&] { return done; }));
      EXPECT_LT(to_ms(loop_->now() - start), 2000);
      EXPECT_TRUE(clean || !expect_clean_);
      if (!clean) abandon(*side);
      all_clean = all_clean && clean;
    }
    if (!all_clean) abandon_loop();
  }

  // What did not finish must not be destroyed: a process would leave by _exit. Here it stays
  // reachable, so that a leak checker sees no leak.
  static void abandon(Side& side) { graves<Endpoint>().push_back(side.endpoint.release()); }
  void abandon_loop() { graves<Loop>().push_back(loop_.release()); }
  template <class T>
  static std::vector<T*>& graves() {
    static auto* kept = new std::vector<T*>;
    return *kept;
  }

  SipOptions options() const {
    SipOptions o;
    o.user_agent = "lineman-test";
    o.connect_timeout = milliseconds(1500);
    return o;
  }
  Side& open(SipOptions o, SipTimers timers = {}) {
    sides_.push_back(std::make_unique<Side>());
    Side& side = *sides_.back();
    side.endpoint = make_sip_endpoint(*loop_, resolver_, std::move(o), timers);
    const auto started = side.endpoint->start(side);
    EXPECT_TRUE(started) << (started ? "" : started.error().text);
    return side;
  }
  Side& open() { return open(options()); }

  // Runs the loop until `when`; the bound is for a broken run only.
  bool wait(const std::function<bool()>& when, Duration limit = seconds(10)) {
    const TimePoint until = loop_->now() + limit;
    bool reached = when();
    std::function<void()> poll = [&] {
      reached = when();
      if (reached || loop_->now() >= until) return loop_->stop();
      loop_->at(loop_->now() + milliseconds(1), poll);
    };
    if (!reached) {
      loop_->post(poll);
      loop_->run();
    }
    return reached;
  }
  void linger(Duration time) {
    wait([] { return false; }, time);
  }

  void dial(Side& side, Party& party, const std::string& uri, const Body& offer = kOffer) {
    party.take(side.endpoint->make_leg());
    DialRequest request;
    request.uri = uri;
    request.offer = offer;
    const auto ok = party.leg->dial(request);
    ASSERT_TRUE(ok) << ok.error().text;
  }
  // OPTIONS from a fresh peer is answered 200.
  void expect_alive(Side& side) {
    RawPeer prober(*loop_);
    RawPeer::Request r;
    r.method = "OPTIONS";
    r.call_id = fmt::format("alive-{}", ++probes_);
    prober.request(r, side.address());
    EXPECT_TRUE(wait([&] { return prober.count("200") == 1; }));
  }

  std::unique_ptr<Loop> loop_;
  FakeResolver resolver_;
  std::vector<std::unique_ptr<Side>> sides_;
  bool expect_clean_ = true;
  int probes_ = 0;
};

}  // namespace lineman
