// MediaEngine: runs MediaCalls on the Media thread (io/media_thread) or inline in virtual time
// (io/sim). Control side of the contract. Nothing is shared: a MediaCall is moved in and moved out,
// and in between Control reaches it only by tasks.
//
//   Control ── add(call, transport) ─ run(id, task) ─ remove(id) ──► ring ──► Media: task.run(now,
//   call) Control ◄── EngineSink: on_media_event, task.home() (then destroyed), on_removed(call)
//   ◄── ring ──┘
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "lineman/media_leg.h"
#include "lineman/packet.h"

namespace lineman {

class MediaCall;  // media_call.h
using CallId = std::uint32_t;

struct TransportCounters {
  std::uint64_t received = 0, sent = 0;
  std::uint64_t refused = 0;    // ICMP said that nobody listens there
  std::uint64_t failed = 0;     // sends that the kernel refused (no route, no buffer)
  std::uint64_t truncated = 0;  // datagrams above Packet::kMaxSize, dropped
};

// Datagrams of one call on the Media thread. receive() and send() never block.
struct PacketTransport {
  virtual ~PacketTransport() = default;
  virtual bool receive(Packet& out, TimePoint now) = 0;  // false: nothing more
  virtual void send(const Packet& packet) = 0;           // errors are counted, not reported
  // By whoever owns it now: Media, or Control once it came home.
  virtual TransportCounters counters() const { return {}; }
};

// Runs once on the Media thread between two ticks, then comes home to Control and dies there: so
// anything it displaced (a config, a source) must be swapped into it, never freed in run().
struct MediaTask {
  virtual ~MediaTask() = default;
  virtual void run(TimePoint now, MediaCall& call) = 0;
  virtual void home() {}  // on Control; not called when the call was gone
};

template <class Run>
std::unique_ptr<MediaTask> make_task(Run run) {
  struct Task final : MediaTask {
    explicit Task(Run r) : fn(std::move(r)) {}
    void run(TimePoint now, MediaCall& call) override { fn(now, call); }
    Run fn;
  };
  return std::make_unique<Task>(std::move(run));
}

struct EngineSink {  // on Control
  virtual ~EngineSink() = default;
  virtual void on_media_event(CallId id, const MediaEvent& event) = 0;
  virtual void on_removed(CallId id, std::unique_ptr<MediaCall> call,
                          std::unique_ptr<PacketTransport> transport) = 0;
};

struct MediaEngine {
  virtual ~MediaEngine() = default;
  virtual void set_sink(EngineSink* sink) = 0;
  virtual void add(CallId id, std::unique_ptr<MediaCall> call,
                   std::unique_ptr<PacketTransport> transport) = 0;
  virtual void run(CallId id, std::unique_ptr<MediaTask> task) = 0;
  virtual void remove(CallId id) = 0;  // drains, sends what is queued; on_removed follows
  // Ticks that came more than one frame late, and the latest of them: for exit 14.
  virtual std::uint64_t late_ticks() const = 0;
  virtual Duration worst_lateness() const = 0;
};

// One pair of bound sockets (or their simulated likeness) for a call.
struct MediaSockets {
  Address rtp;  // as bound
  Address rtcp;
  std::unique_ptr<PacketTransport> transport;
};

struct MediaNetwork {  // Control
  virtual ~MediaNetwork() = default;
  virtual Result<MediaSockets> open(
      const Address& local_ip) = 0;  // an even port and the next, from --rtp-ports
};

struct Loop;
struct PortRange {
  std::uint16_t first = 0, last = 0;
};  // 0: the kernel chooses
std::unique_ptr<MediaEngine> make_media_thread(Loop& loop);
std::unique_ptr<MediaNetwork> make_udp_network(PortRange range, std::uint64_t seed);

}  // namespace lineman
