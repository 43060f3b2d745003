// FarEnd: the media of a simulated far end: a real answer to a real offer, an RtpLeg and a
// MediaCall of its own on the far engine. Control (virtual time).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lineman/engine.h"
#include "lineman/loop.h"
#include "lineman/sdp.h"
#include "lineman/writer.h"
#include "scenario.h"

namespace lineman {

// What every far end of an endpoint uses.
struct FarWorld {
  Loop& loop;
  MediaNetwork& network;
  MediaEngine& engine;
  Writer& writer;
  Duration connect_timeout;  // how long a dialler waits for a first sign
};

class FarEnd {
 public:
  // Loads what it will play: kFile when that cannot be. Everything random comes from `seed`.
  static Result<std::unique_ptr<FarEnd>> make(const FarWorld& world, const Scenario& scenario,
                                              CallId id, std::uint64_t seed);
  ~FarEnd();
  FarEnd(const FarEnd&) = delete;
  FarEnd& operator=(const FarEnd&) = delete;

  // The answer to an offer: the first one opens ports and starts the media, later ones change it.
  Result<std::string> answer(const std::string& offer);
  void play();         // what the scenario plays and records; once
  void send_digits();  // what it sends
  void stop();         // RTCP BYE; the call leaves the engine

 private:
  FarEnd(const FarWorld& world, const Scenario& scenario, CallId id, std::uint64_t seed)
      : world_(world), scenario_(scenario), id_(id), seed_(seed) {}
  Result<void> start(const RtpConfig& config, MediaSockets sockets);
  std::unique_ptr<AudioSource> source() const;

  FarWorld world_;
  Scenario scenario_;
  CallId id_;
  std::uint64_t seed_;
  LocalMedia local_;
  SampleRate rate_ = 8000;
  std::shared_ptr<const std::vector<std::int16_t>> audio_;  // of a file
  SampleRate audio_rate_ = 8000;
  std::unique_ptr<AudioSink> recording_;  // open, not yet recording
  std::vector<Loop::Id> timers_;
  bool running_ = false, playing_ = false;
};

}  // namespace lineman
