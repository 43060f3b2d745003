// DTMF digits as events (RFC 4733) and as dual tones (ITU-T Q.23), to send and, as events, to
// receive. Media thread; no allocation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "lineman/audio.h"
#include "lineman/media_leg.h"
#include "lineman/sdp.h"
#include "ring.h"

namespace lineman {

// Event code 0..15 of 0-9 * # A-D (RFC 4733 section 3.2); nothing for anything else.
std::optional<std::uint8_t> dtmf_event(char digit);
char dtmf_digit(std::uint8_t event);  // 0..15

struct DtmfPayload {
  static constexpr std::size_t kSize = 4;

  std::uint8_t event = 0;
  bool end = false;
  std::uint8_t volume = 10;    // dBm0 below zero
  std::uint16_t duration = 0;  // timestamp units
};
std::optional<DtmfPayload> parse_dtmf(std::span<const std::uint8_t> payload);
void write_dtmf(const DtmfPayload& event, std::span<std::uint8_t> out);

// An event packet to be sent now; the sequence number is the packetiser's.
struct DtmfPacket {
  DtmfPayload payload;
  std::uint32_t timestamp = 0;
  bool marker = false;
  std::uint8_t payload_type = 0;
};

// Digits to send, one after the other. A frame of audio at a time:
//
//   idle ──digit, at a packet's boundary──► sounding ──length──► gap ──────────► idle
//                                      updates each packet time   │ end packet twice more
//
// While an event is sounding the audio is not sent; its end is repeated beside the audio after it.
class DtmfSender {
 public:
  static constexpr std::size_t kQueue = 64;
  static constexpr Duration kLongest = std::chrono::seconds(60);

  enum class Carrier : std::uint8_t { kAudio, kEvent, kTones };

  DtmfSender() : queue_(kQueue) {}
  bool queue(char digit, Duration length, Duration gap, DtmfMode mode, std::uint32_t id);
  bool busy() const { return state_ != State::kIdle || !queue_.empty(); }

  // The payload type for events from now on; none: digits go in-band. A digit that sounds as an
  // event goes on if its clock is still the same, else it ends here.
  void use(const std::optional<EventPayloadType>& events, Duration packet_time);
  // The next 10 ms: what carries them. `timestamp` is theirs; a digit begins only where `boundary`.
  Carrier frame(std::uint32_t timestamp, bool boundary);
  // After frame(): packets to send at the end of these 10 ms, and what to report.
  bool next_packet(DtmfPacket& out);
  bool next_event(MediaEvent& out);
  // kTones: replaces these 10 ms.
  void tones(AudioFrame& io);
  // Ends what is being sent and forgets the rest (nothing is reported as done).
  void clear();

 private:
  enum class State : std::uint8_t { kIdle, kSounding, kGap };
  struct Digit {
    char digit = 0;
    Duration length{}, gap{};
    DtmfMode mode{};
    std::uint32_t id = 0;
  };
  void begin(std::uint32_t timestamp);
  void emit(bool end);
  void finish();

  Ring<Digit> queue_;
  Ring<DtmfPacket> packets_{8};
  Ring<MediaEvent> events_{8};
  std::optional<EventPayloadType> payload_type_;
  Duration interval_ = std::chrono::milliseconds(20);
  State state_ = State::kIdle;
  Digit digit_;
  bool as_event_ = false;
  Duration elapsed_{};  // of the digit, or of its gap
  Duration since_packet_{};
  std::uint32_t start_ = 0;         // timestamp of the segment
  std::int64_t segment_units_ = 0;  // units before this segment
  bool first_ = false;              // the next packet is the digit's first
  DtmfPacket last_;
  int repeats_ = 0;  // of the end packet
  double phase_low_ = 0, phase_high_ = 0;
};

// Digits received as events: one report a digit, at its end, with its duration. Survives lost
// starts and ends, repeated, late and reordered packets.
class DtmfReceiver {
 public:
  static constexpr Duration kTimeout = std::chrono::milliseconds(300);  // the end was lost
  static constexpr Duration kLongest = std::chrono::seconds(60);

  DtmfReceiver() : events_(16) {}
  // Payload that is not RFC 4733, or an event that is no digit: false.
  bool on_packet(std::uint32_t timestamp, std::span<const std::uint8_t> payload, int clock_rate,
                 TimePoint arrival);
  void on_timeout(TimePoint now);
  TimePoint next_timeout() const { return active_ ? newest_ + kTimeout : kNever; }
  bool next_event(MediaEvent& out);
  // A new source: timestamps mean nothing any more. A digit that was sounding is reported.
  void reset(TimePoint now);

 private:
  void one(std::uint32_t timestamp, const DtmfPayload& payload, int clock_rate, TimePoint arrival);
  void end(TimePoint now);

  Ring<MediaEvent> events_;
  bool active_ = false;
  // event_ and start_ are of the digit before; its end was never seen
  bool ended_ = false, timed_out_ = false;
  std::uint8_t event_ = 0;
  std::uint32_t start_ = 0;     // timestamp of the newest segment
  Duration before_{}, last_{};  // of earlier segments, of this one
  TimePoint newest_{};
};

}  // namespace lineman
