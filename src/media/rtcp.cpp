#include "rtcp.h"

#include <algorithm>
#include <cstring>

#include "bytes.h"

namespace lineman {
namespace {

enum : std::uint8_t { kSr = 200, kRr = 201, kSdes = 202, kBye = 203 };
constexpr std::uint8_t kCname = 1;
constexpr std::size_t kBlockSize = 24, kSenderSize = 20;

// The body of one packet of a compound, behind its four bytes of header.
struct Part {
  std::uint8_t type = 0, count = 0;
  std::span<const std::uint8_t> body;
};

std::optional<Part> next_part(std::span<const std::uint8_t>& rest) {
  if (rest.size() < 4 || rest[0] >> 6 != 2) return std::nullopt;
  const std::size_t size = 4 * (std::size_t{load16(&rest[2])} + 1);
  if (size > rest.size()) return std::nullopt;
  std::size_t end = size;
  if (rest[0] & 0x20) {
    const std::size_t padding = rest[size - 1];
    if (size != rest.size() || padding == 0 || padding % 4 != 0 || padding > size - 4) {
      return std::nullopt;
    }
    end -= padding;
  }
  Part part{rest[1], static_cast<std::uint8_t>(rest[0] & 0x1f), rest.subspan(4, end - 4)};
  rest = rest.subspan(size);
  return part;
}

std::string_view text(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Does the count of this packet fit its length?
bool fits(const Part& part) {
  switch (part.type) {
    case kSr: return part.body.size() >= 4 + kSenderSize + kBlockSize * part.count;
    case kRr: return part.body.size() >= 4 + kBlockSize * part.count;
    case kBye: return part.body.size() >= 4 * std::size_t{part.count};
    default: return true;
  }
}

void visit_report(const Part& part, RtcpVisitor& visitor) {
  const std::uint8_t* p = part.body.data();
  const std::uint32_t from = load32(p);
  p += 4;
  if (part.type == kSr) {
    const RtcpSenderInfo sender{NtpTime{load32(p)} << 32 | load32(p + 4), load32(p + 8),
                                load32(p + 12), load32(p + 16)};
    visitor.report(from, &sender);
    p += kSenderSize;
  } else {
    visitor.report(from, nullptr);
  }
  for (int i = 0; i < part.count; ++i, p += kBlockSize) {
    RtcpReportBlock block;
    block.ssrc = load32(p);
    block.reception.fraction_lost = p[4];
    const auto lost = static_cast<std::int32_t>(load24(p + 5));
    block.reception.lost = lost & 0x800000 ? lost - 0x1000000 : lost;
    block.reception.highest = load32(p + 8);
    block.reception.jitter = load32(p + 12);
    block.last_sr = load32(p + 16);
    block.delay_since_last_sr = load32(p + 20);
    visitor.block(from, block);
  }
}

// Chunks of items, each list ended by a zero byte and padded to four. What does not fit ends it.
void visit_sdes(const Part& part, RtcpVisitor& visitor) {
  auto rest = part.body;
  for (int chunk = 0; chunk < part.count && rest.size() >= 4; ++chunk) {
    const std::uint32_t ssrc = load32(rest.data());
    std::size_t at = 4;
    while (at < rest.size() && rest[at] != 0) {
      if (at + 2 > rest.size() || at + 2 + rest[at + 1] > rest.size()) return;
      if (rest[at] == kCname) visitor.cname(ssrc, text(rest.subspan(at + 2, rest[at + 1])));
      at += 2 + std::size_t{rest[at + 1]};
    }
    rest = rest.subspan(std::min(rest.size(), at / 4 * 4 + 4));
  }
}

void visit_bye(const Part& part, RtcpVisitor& visitor) {
  const std::size_t at = 4 * std::size_t{part.count};
  std::string_view reason;
  if (at < part.body.size() && part.body[at] <= part.body.size() - at - 1) {
    reason = text(part.body.subspan(at + 1, part.body[at]));
  }
  for (int i = 0; i < part.count; ++i) visitor.bye(load32(&part.body[4 * std::size_t(i)]), reason);
}

// Appends to `out`; the caller has made sure of the room.
struct Writer {
  std::span<std::uint8_t> out;
  std::size_t at = 0, part = 0;

  void begin(std::uint8_t type, unsigned count) {
    part = at;
    out[at] = static_cast<std::uint8_t>(2 << 6 | count);
    out[at + 1] = type;
    at += 4;
  }
  void put32(std::uint32_t v) {
    store32(&out[at], v);
    at += 4;
  }
  void put8(std::uint8_t v) { out[at++] = v; }
  void put_text(std::string_view text) {
    const std::size_t n = std::min(text.size(), RtcpCompound::kMaxText);
    put8(static_cast<std::uint8_t>(n));
    if (n) std::memcpy(&out[at], text.data(), n);
    at += n;
  }
  void pad() {
    while (at % 4) put8(0);
  }
  void end() { store16(&out[part + 2], static_cast<std::uint32_t>((at - part) / 4 - 1)); }
};

}  // namespace

NtpTime ntp_time(TimePoint t) {
  constexpr std::uint64_t kFrom1900To1970 = 2'208'988'800;
  const std::int64_t ns = t.time_since_epoch().count();
  const std::int64_t s = ns / 1'000'000'000, rest = ns % 1'000'000'000;
  return ((kFrom1900To1970 + static_cast<std::uint64_t>(s)) << 32) +
         (static_cast<std::uint64_t>(rest) << 32) / 1'000'000'000;
}

bool parse_rtcp(std::span<const std::uint8_t> bytes, RtcpVisitor& visitor) {
  if (bytes.empty()) return false;
  for (auto rest = bytes; !rest.empty();) {
    const bool first = rest.size() == bytes.size();
    const auto part = next_part(rest);
    if (!part || !fits(*part)) return false;
    // Section 6.1 wants a report first; RFC 5506 and some senders begin otherwise. Any RTCP type
    // does.
    if (first && (part->type < 192 || part->type > 223)) return false;
  }
  for (auto rest = bytes; !rest.empty();) {
    const auto part = next_part(rest);
    switch (part->type) {
      case kSr:
      case kRr: visit_report(*part, visitor); break;
      case kSdes: visit_sdes(*part, visitor); break;
      case kBye: visit_bye(*part, visitor); break;
      default: break;
    }
  }
  return true;
}

std::size_t write_rtcp(const RtcpCompound& compound, std::span<std::uint8_t> out) {
  Writer w{out};
  w.begin(compound.sender ? kSr : kRr, compound.block ? 1 : 0);
  w.put32(compound.ssrc);
  if (compound.sender) {
    w.put32(static_cast<std::uint32_t>(compound.sender->ntp >> 32));
    w.put32(static_cast<std::uint32_t>(compound.sender->ntp));
    w.put32(compound.sender->rtp_timestamp);
    w.put32(compound.sender->packets);
    w.put32(compound.sender->octets);
  }
  if (compound.block) {
    const RtcpReportBlock& b = *compound.block;
    w.put32(b.ssrc);
    w.put8(b.reception.fraction_lost);
    store24(&out[w.at], static_cast<std::uint32_t>(b.reception.lost));
    w.at += 3;
    w.put32(b.reception.highest);
    w.put32(b.reception.jitter);
    w.put32(b.last_sr);
    w.put32(b.delay_since_last_sr);
  }
  w.end();
  w.begin(kSdes, 1);
  w.put32(compound.ssrc);
  w.put8(kCname);
  w.put_text(compound.cname);
  w.put8(0);
  w.pad();
  w.end();
  if (compound.bye) {
    w.begin(kBye, 1);
    w.put32(compound.ssrc);
    if (!compound.bye_reason.empty()) w.put_text(compound.bye_reason);
    w.pad();
    w.end();
  }
  return w.at;
}

std::optional<Duration> round_trip(const RtcpReportBlock& block, TimePoint arrival) {
  if (block.last_sr == 0) return std::nullopt;
  const std::uint32_t units =
      ntp_middle(ntp_time(arrival)) - block.last_sr - block.delay_since_last_sr;
  // A peer that rounds the other way makes a short trip slightly negative.
  if (static_cast<std::int32_t>(units) < 0) {
    return static_cast<std::int32_t>(units) > -66 ? std::optional<Duration>(Duration{})
                                                  : std::nullopt;
  }
  if (units > 60u << 16) return std::nullopt;
  return Duration(std::int64_t{units} * 1'000'000'000 / 65536);
}

void RtcpSchedule::start(TimePoint now) {
  if (next_ == kNever) next_ = now + from_ms(to_ms(kFirst) * (0.9 + 0.2 * random_.uniform()));
}

void RtcpSchedule::sent(TimePoint now) {
  constexpr double kCompensation = 1.21828;  // e - 3/2
  next_ = now + from_ms(to_ms(kMinimum) * (0.5 + random_.uniform()) / kCompensation);
}

}  // namespace lineman
