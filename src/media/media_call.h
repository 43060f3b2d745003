// CallMedia: the one MediaCall. It owns the parts and says who hears whom; mute and hold are
// routes. Media thread; no allocation once made.
//
//   tick:  pull leg, player, echo ─► mix ─► push leg   (bridge, once each)
//          leg said, leg heard    ─► recorder, detectors   of the same tick
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "bridge.h"
#include "detect.h"
#include "echo.h"
#include "event_queue.h"
#include "lineman/media_call.h"
#include "player.h"
#include "recorder.h"

namespace lineman {

class CallMedia final : public MediaCall {
 public:
  CallMedia(std::unique_ptr<RtpLeg> leg, const Impairment& impairment, std::uint64_t seed,
            const MediaCallOptions& options);

  void on_packet(const Packet& packet) override { leg_->on_packet(packet); }
  void tick(TimePoint now) override;
  void on_timeout(TimePoint now) override;
  TimePoint next_timeout() const override { return leg_->next_timeout(); }
  Duration frame_time() const override { return ptime_; }
  bool next_packet(Packet& out) override { return leg_->next_packet(out); }
  bool next_event(MediaEvent& out) override;
  void close(TimePoint now) override;

  void exchange(TimePoint now, std::unique_ptr<CodecSet>& set) override;
  bool play(std::uint32_t id, std::unique_ptr<AudioSource>& source, bool loop) override {
    return player_.play(id, source, loop);
  }
  std::unique_ptr<AudioSource> stop_play(std::uint32_t id) override { return player_.stop(id); }
  bool record(std::unique_ptr<RecordJob>& job) override {
    return recorder_.start(job, bridge_.rate());
  }
  std::unique_ptr<RecordJob> stop_record(std::uint32_t id, RecordEnd why) override {
    return recorder_.stop(id, why);
  }
  void echo(bool on, Duration delay) override;
  void mute(bool on) override;
  void hold(bool on) override;
  bool send_digit(char digit, Duration length, Duration gap, DtmfMode mode,
                  std::uint32_t id) override;
  void listen_for_tone(int hz) override { heard_.listen_for_tone(hz); }
  void stats(CallMediaStats& out) const override;
  SampleRate rate() const override { return leg_->rate(); }

 private:
  enum : std::size_t { kLegPort, kPlayerPort, kEchoPort, kPorts };
  void follow_rate();
  void route();
  void collect();
  void on_leg_event(const MediaEvent& event);
  void report_hidden_stall();

  EventQueue events_;
  RtpLeg& rtp_;                    // inside leg_
  std::unique_ptr<MediaLeg> leg_;  // with its impairment
  Bridge bridge_;
  Player player_;
  Echo echo_;
  Recorder recorder_;
  Detector heard_, sent_;
  AudioFrame silence_;
  Duration ptime_ = kFrameTime;
  bool muted_ = false, held_ = false, closed_ = false;
  // A stall that began while the call was on hold.
  bool stall_hidden_ = false;
  MediaEvent stall_;
  TimePoint released_{};
};

}  // namespace lineman
