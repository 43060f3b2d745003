// A MediaCall and a PacketTransport that only write down what happens to them.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "lineman/engine.h"
#include "lineman/loop.h"
#include "lineman/media_call.h"

namespace lineman {

struct FakeCall : MediaCall {
  std::vector<TimePoint> ticks, packets_at;
  std::deque<Packet> out;
  int events_left = 0;
  int sent_events = 0;
  Duration frame = kFrameTime;
  TimePoint timeout = kNever;
  int timeouts = 0;
  std::function<void(TimePoint)> at_tick;
  std::function<void()> at_death;

  FakeCall() { ticks.reserve(20000), packets_at.reserve(20000); }
  ~FakeCall() override {
    if (at_death) at_death();
  }
  void on_packet(const Packet& p) override { packets_at.push_back(p.time); }
  void tick(TimePoint now) override {
    if (ticks.size() < ticks.capacity()) ticks.push_back(now);
    if (at_tick) at_tick(now);
  }
  void on_timeout(TimePoint) override { ++timeouts, timeout = kNever; }
  TimePoint next_timeout() const override { return timeout; }
  Duration frame_time() const override { return frame; }
  bool next_packet(Packet& p) override {
    if (out.empty()) return false;
    p = out.front();
    out.pop_front();
    return true;
  }
  bool next_event(MediaEvent& e) override {
    if (events_left == 0) return false;
    --events_left;
    e = {};
    e.kind = MediaEvent::Kind::kDigitReceived;
    e.value = sent_events++;
    return true;
  }
  void close(TimePoint) override {}
  void exchange(TimePoint, std::unique_ptr<CodecSet>&) override {}
  bool play(std::uint32_t, std::unique_ptr<AudioSource>&, bool) override { return false; }
  std::unique_ptr<AudioSource> stop_play(std::uint32_t) override { return nullptr; }
  bool record(std::unique_ptr<RecordJob>&) override { return false; }
  std::unique_ptr<RecordJob> stop_record(std::uint32_t, RecordEnd) override { return nullptr; }
  void echo(bool, Duration) override {}
  void mute(bool) override {}
  void hold(bool) override {}
  bool send_digit(char, Duration, Duration, DtmfMode, std::uint32_t) override { return false; }
  void listen_for_tone(int) override {}
  void stats(CallMediaStats&) const override {}
  SampleRate rate() const override { return 8000; }
};

struct FakeTransport : PacketTransport {
  std::vector<TimePoint> wakes;
  std::vector<Packet> in, sent;
  std::size_t taken = 0;
  FakeTransport() { wakes.reserve(20000); }
  bool receive(Packet& p, TimePoint now) override {
    if ((wakes.empty() || wakes.back() != now) && wakes.size() < wakes.capacity()) {
      wakes.push_back(now);
    }
    if (taken == in.size()) return false;
    p = in[taken++];
    return true;
  }
  void send(const Packet& p) override { sent.push_back(p); }
};

struct FakeSink : EngineSink {
  struct Removed {
    CallId id;
    std::unique_ptr<MediaCall> call;
    std::unique_ptr<PacketTransport> transport;
    FakeCall& fake() { return static_cast<FakeCall&>(*call); }
    FakeTransport& wire() { return static_cast<FakeTransport&>(*transport); }
  };
  std::vector<std::pair<CallId, MediaEvent>> events;
  std::vector<Removed> removed;
  std::function<void()> on_change;
  void on_media_event(CallId id, const MediaEvent& event) override {
    events.emplace_back(id, event);
    if (on_change) on_change();
  }
  void on_removed(CallId id, std::unique_ptr<MediaCall> call,
                  std::unique_ptr<PacketTransport> transport) override {
    removed.push_back({id, std::move(call), std::move(transport)});
    if (on_change) on_change();
  }
};

template <class Run, class Home>
std::unique_ptr<MediaTask> make_task(Run run, Home home) {
  struct Task final : MediaTask {
    Task(Run r, Home h) : fn(std::move(r)), back(std::move(h)) {}
    void run(TimePoint now, MediaCall& call) override { fn(now, call); }
    void home() override { back(); }
    Run fn;
    Home back;
  };
  return std::make_unique<Task>(std::move(run), std::move(home));
}

}  // namespace lineman
