// SimEngine and SimNetwork (lineman/sim.h): the Media side of a simulated call, inline on SimLoop.
#include <deque>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include "lineman/random.h"
#include "lineman/sim.h"
#include "media_host.h"

namespace lineman {
namespace {

class SimEngine final : public MediaEngine {
 public:
  explicit SimEngine(Loop& loop) : loop_(loop), alive_(std::make_shared<bool>(true)) {}
  ~SimEngine() override {
    loop_.cancel(timer_);
    *alive_ = false;
  }

  void set_sink(EngineSink* sink) override { sink_ = sink; }

  void add(CallId id, std::unique_ptr<MediaCall> call,
           std::unique_ptr<PacketTransport> transport) override {
    auto hosted = std::make_shared<HostedCall>();
    hosted->id = id;
    hosted->call = std::move(call);
    hosted->transport = std::move(transport);
    later([this, hosted] {
      if (const auto old = calls_.find(hosted->id); old != calls_.end()) take_out(*old->second);
      calls_[hosted->id] = hosted;
      const bool was_empty = host_.empty();
      host_.add(*hosted);
      if (was_empty) tick();
    });
  }

  void run(CallId id, std::unique_ptr<MediaTask> task) override {
    later([this, id, shared = std::shared_ptr<MediaTask>(std::move(task))] {
      const auto found = calls_.find(id);
      if (found == calls_.end()) return;
      shared->run(loop_.now(), *found->second->call);
      shared->home();
    });
  }

  void remove(CallId id) override {
    later([this, id] {
      const auto found = calls_.find(id);
      if (found == calls_.end()) return;
      const auto hosted = found->second;
      take_out(*hosted);
    });
  }

  std::uint64_t late_ticks() const override { return 0; }
  Duration worst_lateness() const override { return {}; }

 private:
  template <class Fn>
  void later(Fn fn) {
    loop_.post([alive = alive_, fn = std::move(fn)] {
      if (*alive) fn();
    });
  }

  void take_out(HostedCall& hosted) {
    host_.take_out(hosted);
    host_.drain(hosted, loop_.now());
    events(hosted);
    auto call = std::move(hosted.call);
    auto transport = std::move(hosted.transport);
    const CallId id = hosted.id;
    calls_.erase(id);
    if (host_.empty()) loop_.cancel(timer_);
    if (sink_) sink_->on_removed(id, std::move(call), std::move(transport));
  }

  void tick() {
    const TimePoint now = loop_.now();
    host_.turn(now, now, 1);
    for (HostedCall* call = host_.first(); call; call = call->next) events(*call);
    if (host_.empty()) return;
    timer_ = loop_.at(now + kFrameTime, [this] { tick(); });
  }

  // The sink may call back into the engine: everything it can ask for is posted.
  void events(HostedCall& hosted) {
    MediaEvent event;
    while (hosted.call->next_event(event)) {
      if (sink_) sink_->on_media_event(hosted.id, event);
    }
  }

  Loop& loop_;
  EngineSink* sink_ = nullptr;
  MediaHost host_;
  std::unordered_map<CallId, std::shared_ptr<HostedCall>> calls_;
  Loop::Id timer_ = 0;
  std::shared_ptr<bool> alive_;
};

using Key = std::tuple<Address::Family, std::array<std::uint8_t, 16>, std::uint16_t>;
Key key_of(const Address& a) { return {a.family, a.ip, a.port}; }

struct Socket {
  Address rtp, rtcp;
  std::deque<Packet> inbox;
};

// Who listens where; shared by a network and its transports, which may outlive it.
struct Exchange {
  explicit Exchange(std::uint64_t seed) : random(seed) {}
  Random random;
  std::map<Key, Socket*> sockets;
};

class SimTransport final : public PacketTransport {
 public:
  SimTransport(std::shared_ptr<Exchange> exchange, Loop& loop, Address rtp, Address rtcp)
      : exchange_(std::move(exchange)), loop_(loop) {
    socket_.rtp = rtp;
    socket_.rtcp = rtcp;
    exchange_->sockets[key_of(rtp)] = exchange_->sockets[key_of(rtcp)] = &socket_;
  }
  ~SimTransport() override {
    exchange_->sockets.erase(key_of(socket_.rtp));
    exchange_->sockets.erase(key_of(socket_.rtcp));
  }

  bool receive(Packet& out, TimePoint) override {
    if (socket_.inbox.empty()) return false;
    out = socket_.inbox.front();
    socket_.inbox.pop_front();
    ++counters_.received;
    return true;
  }

  void send(const Packet& packet) override {
    ++counters_.sent;
    const auto found = exchange_->sockets.find(key_of(packet.peer));
    if (found == exchange_->sockets.end()) {
      ++counters_.refused;
      return;
    }
    Socket& to = *found->second;
    Packet copy = packet;
    copy.component = packet.peer == to.rtp ? Component::kRtp : Component::kRtcp;
    copy.peer = packet.component == Component::kRtp ? socket_.rtp : socket_.rtcp;
    copy.time = loop_.now();
    to.inbox.push_back(copy);
  }

  TransportCounters counters() const override { return counters_; }

 private:
  std::shared_ptr<Exchange> exchange_;
  Loop& loop_;
  Socket socket_;
  TransportCounters counters_;
};

class SimNetwork final : public MediaNetwork {
 public:
  SimNetwork(Loop& loop, std::uint64_t seed)
      : loop_(loop), exchange_(std::make_shared<Exchange>(derive(seed, "sim-ports"))) {}

  Result<MediaSockets> open(const Address& local_ip) override {
    Address rtp = local_ip;
    if (!rtp) {
      rtp.family = Address::Family::kV4;
      rtp.ip = {192, 0, 2, 1};
    }
    Address rtcp = rtp;
    for (int attempt = 0; attempt < 4 * kPairs; ++attempt) {
      rtp.port = static_cast<std::uint16_t>(kFirst + 2 * exchange_->random.below(kPairs));
      rtcp.port = static_cast<std::uint16_t>(rtp.port + 1);
      if (exchange_->sockets.count(key_of(rtp))) continue;
      return MediaSockets{rtp, rtcp, std::make_unique<SimTransport>(exchange_, loop_, rtp, rtcp)};
    }
    return fail(ErrorCode::kResource, "the simulated network is out of ports on " + rtp.ip_text());
  }

 private:
  static constexpr int kFirst = 16384;
  static constexpr int kPairs = 8192;

  Loop& loop_;
  std::shared_ptr<Exchange> exchange_;
};

}  // namespace

std::unique_ptr<MediaEngine> make_sim_engine(Loop& loop) {
  return std::make_unique<SimEngine>(loop);
}

std::unique_ptr<MediaNetwork> make_sim_network(Loop& loop, std::uint64_t seed) {
  return std::make_unique<SimNetwork>(loop, seed);
}

}  // namespace lineman
