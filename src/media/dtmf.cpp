#include "dtmf.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string_view>

#include "bytes.h"
#include "rtp.h"

namespace lineman {
namespace {

constexpr std::string_view kDigits = "0123456789*#ABCD";
constexpr std::uint32_t kSegment = 0xffff;  // RFC 4733 section 2.5.1.3
constexpr std::uint8_t kVolume = 10;        // -10 dBm0

// ITU-T Q.23, by event code: rows 697 770 852 941, columns 1209 1336 1477 1633.
constexpr double kLow[16] = {941, 697, 697, 697, 770, 770, 770, 852,
                             852, 852, 941, 941, 697, 770, 852, 941};
constexpr double kHigh[16] = {1336, 1209, 1336, 1477, 1209, 1336, 1477, 1209,
                              1336, 1477, 1209, 1477, 1633, 1633, 1633, 1633};
// Peaks of -8 and -6 dBm0 where a full-scale sine is +3.17 dBm0 (mu-law, ITU-T G.711): 2 dB of
// twist, and together they do not clip.
constexpr double kLowPeak = 9056, kHighPeak = 11401;
constexpr Duration kRamp = std::chrono::milliseconds(2);  // no click at the edges

}  // namespace

std::optional<std::uint8_t> dtmf_event(char digit) {
  if (digit >= 'a' && digit <= 'd') digit = static_cast<char>(digit - 'a' + 'A');
  const auto at = kDigits.find(digit);
  if (at == std::string_view::npos) return std::nullopt;
  return static_cast<std::uint8_t>(at);
}

char dtmf_digit(std::uint8_t event) { return kDigits[event & 15]; }

std::optional<DtmfPayload> parse_dtmf(std::span<const std::uint8_t> payload) {
  if (payload.size() < DtmfPayload::kSize) return std::nullopt;
  DtmfPayload p;
  p.event = payload[0];
  p.end = payload[1] & 0x80;
  p.volume = payload[1] & 0x3f;
  p.duration = load16(&payload[2]);
  return p;
}

void write_dtmf(const DtmfPayload& event, std::span<std::uint8_t> out) {
  out[0] = event.event;
  out[1] = static_cast<std::uint8_t>((event.end ? 0x80 : 0) | (event.volume & 0x3f));
  store16(&out[2], event.duration);
}

bool DtmfSender::queue(char digit, Duration length, Duration gap, DtmfMode mode, std::uint32_t id) {
  const auto event = dtmf_event(digit);
  if (!event || mode == DtmfMode::kInfo) return false;
  if (mode == DtmfMode::kRfc4733 && !payload_type_) return false;
  // Whole frames.
  length = (std::clamp(length, kFrameTime, kLongest) + kFrameTime - Duration(1)) / kFrameTime *
           kFrameTime;
  return queue_.push({dtmf_digit(*event), length, std::clamp(gap, Duration{}, kLongest), mode, id});
}

void DtmfSender::use(const std::optional<EventPayloadType>& events, Duration packet_time) {
  const bool same_clock =
      events && payload_type_ && events->clock_rate == payload_type_->clock_rate;
  payload_type_ = events;
  // RFC 4733 section 2.5.1.2 suggests updates each 50 ms; rarer ones are lost too easily.
  interval_ = std::clamp<Duration>(packet_time, kFrameTime, std::chrono::milliseconds(50));
  if (!as_event_) return;
  if (same_clock) {
    last_.payload_type = events->number;
  } else {
    if (state_ == State::kSounding) finish();
    repeats_ = 0;
  }
}

void DtmfSender::begin(std::uint32_t timestamp) {
  digit_ = queue_.front();
  queue_.pop();
  as_event_ = digit_.mode != DtmfMode::kInband && payload_type_;
  digit_.mode = as_event_ ? DtmfMode::kRfc4733 : DtmfMode::kInband;
  state_ = State::kSounding;
  elapsed_ = since_packet_ = {};
  start_ = timestamp;
  segment_units_ = 0;
  first_ = true;
  phase_low_ = phase_high_ = 0;
}

DtmfSender::Carrier DtmfSender::frame(std::uint32_t timestamp, bool boundary) {
  if (state_ == State::kGap && elapsed_ >= digit_.gap && repeats_ == 0) {
    state_ = State::kIdle;
    if (queue_.empty() || queue_.front().id != digit_.id) {
      MediaEvent done;
      done.kind = MediaEvent::Kind::kDigitsDone;
      done.id = digit_.id;
      events_.push(done);
    }
  }
  if (state_ == State::kIdle) {
    if (queue_.empty()) return Carrier::kAudio;
    const bool event = queue_.front().mode != DtmfMode::kInband && payload_type_;
    if (event && !boundary) return Carrier::kAudio;
    begin(timestamp);
  }
  elapsed_ += kFrameTime;
  since_packet_ += kFrameTime;
  if (state_ == State::kGap) {
    if (repeats_ > 0 && since_packet_ >= interval_) {
      packets_.push(last_);
      since_packet_ = {};
      --repeats_;
    }
    return Carrier::kAudio;
  }
  const bool last_frame = elapsed_ >= digit_.length;
  if (as_event_) {
    const int clock = payload_type_->clock_rate;
    if (to_clock(elapsed_, clock) - segment_units_ > kSegment) {
      emit(false);  // the whole of the segment
      start_ += kSegment;
      segment_units_ += kSegment;
    }
    if (last_frame || since_packet_ >= interval_) emit(last_frame);
  }
  const Carrier carrier = as_event_ ? Carrier::kEvent : Carrier::kTones;
  if (last_frame && as_event_) finish();
  return carrier;  // an in-band digit finishes in tones()
}

void DtmfSender::emit(bool end) {
  const std::int64_t units = to_clock(elapsed_, payload_type_->clock_rate) - segment_units_;
  last_.payload.event = *dtmf_event(digit_.digit);
  last_.payload.end = end;
  last_.payload.volume = kVolume;
  last_.payload.duration = static_cast<std::uint16_t>(std::min<std::int64_t>(units, kSegment));
  last_.timestamp = start_;
  last_.marker = first_;
  last_.payload_type = payload_type_->number;
  packets_.push(last_);
  first_ = false;
  last_.marker = false;
  since_packet_ = {};
  if (end) repeats_ = 2;  // three end packets in all
}

void DtmfSender::finish() {
  MediaEvent sent;
  sent.kind = MediaEvent::Kind::kDigitSent;
  sent.digit = digit_.digit;
  sent.mode = digit_.mode;
  sent.id = digit_.id;
  sent.duration = elapsed_;
  events_.push(sent);
  state_ = State::kGap;
  elapsed_ = {};
}

bool DtmfSender::next_packet(DtmfPacket& out) {
  if (packets_.empty()) return false;
  out = packets_.front();
  packets_.pop();
  return true;
}

bool DtmfSender::next_event(MediaEvent& out) {
  if (events_.empty()) return false;
  out = events_.front();
  events_.pop();
  return true;
}

void DtmfSender::tones(AudioFrame& io) {
  const std::uint8_t event = *dtmf_event(digit_.digit);
  const double turn = 2 * std::numbers::pi / io.rate;
  const double low = turn * kLow[event], high = turn * kHigh[event];
  const auto ramp = static_cast<double>(to_clock(kRamp, io.rate));
  const auto from_start = static_cast<double>(to_clock(elapsed_ - kFrameTime, io.rate));
  const auto to_end = static_cast<double>(to_clock(digit_.length - elapsed_, io.rate) +
                                          static_cast<std::int64_t>(io.size()));
  for (std::size_t i = 0; i < io.size(); ++i) {
    const double n = static_cast<double>(i);
    const double gain = std::min({1.0, (from_start + n) / ramp, (to_end - n) / ramp});
    const double x = kLowPeak * std::sin(phase_low_) + kHighPeak * std::sin(phase_high_);
    io.samples[i] = static_cast<std::int16_t>(std::lrint(gain * x));
    phase_low_ += low;
    phase_high_ += high;
  }
  if (elapsed_ >= digit_.length) finish();
}

void DtmfSender::clear() {
  queue_.clear();
  packets_.clear();
  state_ = State::kIdle;
  repeats_ = 0;
}

bool DtmfReceiver::on_packet(std::uint32_t timestamp, std::span<const std::uint8_t> payload,
                             int clock_rate, TimePoint arrival) {
  // Several events may follow each other in one packet (RFC 4733 section 2.5.1.5).
  bool any = false;
  for (; payload.size() >= DtmfPayload::kSize; payload = payload.subspan(DtmfPayload::kSize)) {
    const DtmfPayload p = *parse_dtmf(payload);
    if (p.event < kDigits.size()) {
      one(timestamp, p, clock_rate, arrival);
      any = true;
    }
    timestamp += p.duration;
  }
  return any;
}

void DtmfReceiver::one(std::uint32_t timestamp, const DtmfPayload& payload, int clock_rate,
                       TimePoint arrival) {
  const Duration duration = from_clock(payload.duration, clock_rate);
  const std::int32_t ahead = timestamp_distance(start_, timestamp);
  const bool same_event = event_ == payload.event;
  if (ended_ && same_event && (ahead == 0 || (timed_out_ && ahead == kSegment))) {
    start_ = timestamp;  // it was reported already
    return;
  }
  // Older than what we know: late. Much older: the peer's timestamps began anew.
  if ((active_ || ended_) && ahead < 0 && ahead > -10 * clock_rate) return;
  if (active_ && same_event && ahead == 0) {
    last_ = std::max(last_, duration);
  } else if (active_ && same_event && ahead == kSegment) {
    before_ = std::min(before_ + from_clock(kSegment, clock_rate), kLongest);
    last_ = duration;
    start_ = timestamp;
  } else {
    end(arrival);
    active_ = true;
    ended_ = false;
    event_ = payload.event;
    start_ = timestamp;
    before_ = {};
    last_ = duration;
  }
  newest_ = arrival;
  if (payload.end) end(arrival);
}

void DtmfReceiver::end(TimePoint now) {
  if (!active_) return;
  MediaEvent received;
  received.kind = MediaEvent::Kind::kDigitReceived;
  received.digit = dtmf_digit(event_);
  received.mode = DtmfMode::kRfc4733;
  received.duration = std::min(before_ + last_, kLongest);
  received.time = now;
  events_.push(received);
  active_ = false;
  ended_ = true;
  timed_out_ = false;
}

void DtmfReceiver::on_timeout(TimePoint now) {
  if (now < next_timeout()) return;
  end(now);
  timed_out_ = true;
}

bool DtmfReceiver::next_event(MediaEvent& out) {
  if (events_.empty()) return false;
  out = events_.front();
  events_.pop();
  return true;
}

void DtmfReceiver::reset(TimePoint now) {
  end(now);
  ended_ = false;
}

}  // namespace lineman
