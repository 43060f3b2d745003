// The media half of a leg, sans-IO: packets and time in, packets, audio and events out.
// Owned by one thread at a time (Media, or the simulated loop). Never allocates, locks, logs or
// throws once started.
#pragma once

#include <cstdint>
#include <optional>

#include "lineman/audio.h"
#include "lineman/packet.h"
#include "lineman/time.h"

namespace lineman {

enum class DtmfMode : std::uint8_t { kAuto, kRfc4733, kInfo, kInband };

// What a MediaCall (or the leg in it) noticed. Plain data: it crosses the ring to Control.
struct MediaEvent {
  enum class Kind : std::uint8_t {
    kFirstRtp,            // first packet that was accepted
    kStalled,             // nothing for `duration`
    kResumed,             // packets again after kStalled
    kLatched,             // symmetric RTP: media now goes to `peer` instead of the SDP's address
    kStranger,            // first packet refused from `peer` after the latch
    kUnknownPayloadType,  // first packet with payload type `value`
    kPtimeDiffers,        // the peer packs `duration` instead of what was negotiated
    kSsrcChanged,
    kRtcpBye,
    kPeerReport,     // the first RTCP report about our SSRC
    kDigitReceived,  // digit, duration, mode
    kDigitSent,      // digit, duration, mode
    kDigitsDone,     // the queue of digits to send ran empty; `id` of the verb
    kToneStarted,    // value = Hz
    kToneEnded,
    kSpeechStarted,
    kSpeechEnded,
    kPlayEnded,    // id; duration played; value = frames of underrun (streams)
    kRecordEnded,  // id; value = RecordEnd
  };
  Kind kind{};
  char digit = 0;
  DtmfMode mode = DtmfMode::kAuto;
  std::uint32_t id = 0;
  std::int64_t value = 0;
  Duration duration{};
  TimePoint time{};
  Address peer;
};

// A snapshot of counters; plain data. RFC 3550 names. Times are kNever when it did not happen.
struct MediaStats {
  struct Rx {
    std::uint64_t packets = 0, bytes = 0;  // accepted RTP
    std::int64_t lost = 0;                 // RFC 3550 cumulative number of packets lost
    std::uint64_t late = 0;                // came after their playout time
    std::uint64_t duplicate = 0, reordered = 0;
    std::uint64_t malformed = 0;  // not RTP/RTCP
    std::uint64_t stranger = 0;   // from a source we did not latch onto
    std::uint64_t unknown_payload_type = 0;
    std::uint64_t fec_recovered = 0, comfort_noise = 0;
    Duration concealed{}, stretched{};         // audio made up; time removed or inserted
    Duration jitter{};                         // RFC 3550 section 6.4.1, smoothed
    Duration delay{}, delay_mean{}, target{};  // of the jitter buffer: now, mean, aim
    Duration ptime{};                          // observed packet time of the newest packet
    TimePoint first = kNever, last = kNever;   // first and newest RTP packet
    std::uint32_t ssrc = 0;
    int payload_type = -1;  // of the newest audio packet
    std::uint64_t ssrc_changes = 0;
  } rx;
  struct Tx {
    std::uint64_t packets = 0, bytes = 0;
    std::uint32_t ssrc = 0;
    std::uint64_t reports = 0;  // RTCP reports about our SSRC
    std::int64_t reported_lost = 0;
    double reported_fraction_lost = 0;   // 0..1, newest report
    std::uint32_t reported_highest = 0;  // extended highest sequence number received, newest report
    std::uint32_t first_sequence = 0, highest_sequence = 0;  // extended, ours
    Duration reported_jitter{};
    std::optional<Duration> rtt;  // from LSR/DLSR
    // yes, no or not known: a report about our SSRC that shows (no) packets received
    std::optional<bool> heard_by_peer;
  } tx;
  std::uint64_t late_ticks = 0;  // ticks the machine was too late for (engine)
};

struct MediaLeg : AudioPort {
  virtual void on_packet(const Packet& packet) = 0;
  virtual void on_timeout(TimePoint now) = 0;
  virtual TimePoint next_timeout() const = 0;
  virtual bool next_packet(Packet& out) = 0;     // drain until false
  virtual bool next_event(MediaEvent& out) = 0;  // drain until false

  virtual SampleRate rate() const = 0;  // of what it says and wants to hear
  // Queue a digit to send (0-9 * # A-D) of that length, then `gap` of none. False: the queue is
  // full, or the mode is not possible here.
  virtual bool send_digit(char digit, Duration length, Duration gap, DtmfMode mode,
                          std::uint32_t id) = 0;
  virtual void stats(MediaStats& out) const = 0;
  // The end of the session: RTCP SR/RR then BYE are queued for next_packet().
  virtual void close(TimePoint now) = 0;
};

}  // namespace lineman
