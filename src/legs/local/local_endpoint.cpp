// make_local_endpoint (lineman/leg.h): makes LocalLegs and receives what the far engine gives back.
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "lineman/random.h"
#include "local_leg.h"

namespace lineman {
namespace {

class LocalEndpoint final : public Endpoint, EngineSink {
 public:
  LocalEndpoint(const FarWorld& world, const LocalOptions& options)
      : world_(world), options_(options), legs_(std::make_shared<std::set<LocalLeg*>>()) {
    world_.engine.set_sink(this);
  }
  ~LocalEndpoint() override {
    for (const Loop::Id id : timers_) world_.loop.cancel(id);
    world_.engine.set_sink(nullptr);
  }

  Result<void> start(EndpointSink&) override { return {}; }
  std::vector<std::string> addresses() const override { return {"local:"}; }

  std::unique_ptr<Leg> make_leg() override {
    const CallId id = ++made_;
    return std::make_unique<LocalLeg>(world_, id, derive(options_.seed, "local-leg", id), legs_);
  }

  void route(const std::string& uri, Duration, std::function<void(Result<Address>)> done) override {
    const auto scenario = parse_scenario(uri);
    Result<Address> local = Address::parse_ip("192.0.2.1");
    if (!scenario) local = tl::make_unexpected(scenario.error());
    later({}, [done = std::move(done), local] { done(local); });
  }

  Result<void> enroll(Duration) override {
    return fail(ErrorCode::kUnsupported, "a local: leg has no registrar to register with");
  }
  void withdraw(std::function<void()> done) override { later({}, std::move(done)); }

  Result<void> probe(const std::string& uri, const Headers&,
                     std::function<void(ProbeAnswer)> done) override {
    const auto scenario = parse_scenario(uri);
    if (!scenario) return tl::make_unexpected(scenario.error());
    ProbeAnswer answer;
    Duration wait = 2 * LocalLeg::kOneWay;
    if (scenario->kind == Scenario::Kind::kSilent) {
      wait = world_.connect_timeout;
      answer.end.cause = Cause::kNoResponse;
      answer.end.by = EndedBy::kNetwork;
    } else {
      answer.end.code = 200;
      answer.end.reason = "OK";
      answer.round_trip = wait;
      answer.user_agent = "lineman (simulated)";
      answer.accept = "application/sdp";
      answer.peer = Address::parse_ip("192.0.2.2", 5060).value();
    }
    later(wait, [done = std::move(done), answer] { done(answer); });
    return {};
  }

  void shut_down(Duration, std::function<void(bool clean)> done) override {
    for (LocalLeg* leg : *legs_) leg->hang_up("shutting down");
    later(4 * LocalLeg::kOneWay, [done = std::move(done)] { done(true); });
  }

 private:
  void later(Duration time, std::function<void()> fn) {
    timers_.push_back(world_.loop.at(world_.loop.now() + time, std::move(fn)));
  }

  void on_media_event(CallId, const MediaEvent&) override {}
  // The far end's media dies here, and with it its recording is closed.
  void on_removed(CallId, std::unique_ptr<MediaCall>, std::unique_ptr<PacketTransport>) override {}

  FarWorld world_;
  LocalOptions options_;
  CallId made_ = 0;
  std::shared_ptr<std::set<LocalLeg*>> legs_;
  std::vector<Loop::Id> timers_;
};

}  // namespace

std::unique_ptr<Endpoint> make_local_endpoint(Loop& loop, MediaNetwork& network,
                                              MediaEngine& far_engine, Writer& writer,
                                              LocalOptions options) {
  return std::make_unique<LocalEndpoint>(
      FarWorld{loop, network, far_engine, writer, options.connect_timeout}, options);
}

}  // namespace lineman
