#include "rtp.h"

#include <algorithm>
#include <cstdlib>

#include "bytes.h"

namespace lineman {

std::optional<RtpView> parse_rtp(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < RtpHeader::kSize || bytes[0] >> 6 != 2) return std::nullopt;
  const bool padding = bytes[0] & 0x20, extension = bytes[0] & 0x10;
  std::size_t begin = RtpHeader::kSize + 4 * std::size_t(bytes[0] & 0x0f), end = bytes.size();
  if (begin > end) return std::nullopt;
  if (extension) {
    if (end - begin < 4) return std::nullopt;
    begin += 4 + 4 * std::size_t{load16(&bytes[begin + 2])};
    if (begin > end) return std::nullopt;
  }
  if (padding) {
    const std::size_t count = bytes[end - 1];
    if (count == 0 || count > end - begin) return std::nullopt;
    end -= count;
  }
  RtpView view;
  view.header.marker = bytes[1] & 0x80;
  view.header.payload_type = bytes[1] & 0x7f;
  view.header.sequence = load16(&bytes[2]);
  view.header.timestamp = load32(&bytes[4]);
  view.header.ssrc = load32(&bytes[8]);
  view.payload = bytes.subspan(begin, end - begin);
  return view;
}

void write_rtp_header(const RtpHeader& header, std::span<std::uint8_t> out) {
  out[0] = 2 << 6;
  out[1] = static_cast<std::uint8_t>((header.marker ? 0x80 : 0) | (header.payload_type & 0x7f));
  store16(&out[2], header.sequence);
  store32(&out[4], header.timestamp);
  store32(&out[8], header.ssrc);
}

bool looks_like_rtcp(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= 2 && bytes[0] >> 6 == 2 && bytes[1] >= 192 && bytes[1] <= 223;
}

void RtpSource::start(std::uint32_t ssrc, std::uint16_t sequence) {
  *this = RtpSource{};
  ssrc_ = ssrc;
  base_ = max_ = sequence;
  received_ = 1;
  seen_[0] = 1;
}

RtpSource::Fate RtpSource::update(std::uint16_t sequence) {
  const int ahead = sequence_distance(max_, sequence);
  if (ahead > 0 && ahead < kMaxDropout) {
    if (sequence < max_) cycles_ += 1 << 16;
    max_ = sequence;
    if (ahead >= 64) {
      seen_[1] = ahead < 128 ? seen_[0] << (ahead - 64) : 0;
      seen_[0] = 0;
    } else {
      seen_[1] = seen_[1] << ahead | seen_[0] >> (64 - ahead);
      seen_[0] <<= ahead;
    }
    seen_[0] |= 1;
    ++received_;
    return ahead == 1 ? Fate::kNext : Fate::kGap;
  }
  if (ahead > 0 || ahead <= -kMaxMisorder) return Fate::kJump;
  const unsigned age = static_cast<unsigned>(-ahead);
  std::uint64_t& word = seen_[age / 64];
  const std::uint64_t bit = std::uint64_t{1} << (age % 64);
  ++received_;  // RFC 3550 A.3 counts duplicates as received
  if (word & bit) return Fate::kDuplicate;
  word |= bit;
  return Fate::kReordered;
}

void RtpSource::arrived(TimePoint arrival, std::uint32_t timestamp, int clock_rate) {
  const auto at = static_cast<std::uint32_t>(to_clock(arrival.time_since_epoch(), clock_rate));
  const std::uint32_t transit = at - timestamp;
  if (clock_rate == clock_) {
    // Unsigned, so that hostile timestamps wrap instead of overflowing.
    const std::int64_t d = std::abs(std::int64_t{timestamp_distance(transit_, transit)});
    jitter_ += d - ((jitter_ + 8) >> 4);
  } else if (clock_) {  // another payload type: the measure so far is kept in its units
    jitter_ = jitter_ * clock_rate / clock_;
  }
  clock_ = clock_rate;
  transit_ = transit;
}

ReceptionReport RtpSource::report() {
  const std::int64_t expected_now = expected() - expected_prior_;
  const std::int64_t lost_now = expected_now - (received_ - received_prior_);
  expected_prior_ = expected();
  received_prior_ = received_;
  ReceptionReport r;
  if (expected_now > 0 && lost_now > 0) {
    r.fraction_lost =
        static_cast<std::uint8_t>(std::min<std::int64_t>(lost_now * 256 / expected_now, 255));
  }
  r.lost = static_cast<std::int32_t>(std::clamp<std::int64_t>(lost(), -0x800000, 0x7fffff));
  r.highest = extended_highest();
  r.jitter = static_cast<std::uint32_t>(jitter_ >> 4);
  return r;
}

}  // namespace lineman
