#include "rtcp_session.h"

#include <algorithm>
#include <cstdio>

#include "lineman/random.h"

namespace lineman {
namespace {

// A short-term persistent CNAME (RFC 7022 section 4.2): nothing about the machine.
std::string make_cname(std::uint64_t seed) {
  char text[24];
  std::snprintf(text, sizeof text, "%016llx",
                static_cast<unsigned long long>(derive(seed, "cname")));
  return text;
}

// Takes from a compound packet what a two-party session needs.
struct Reader final : RtcpVisitor {
  Reader(std::uint32_t our_ssrc, std::optional<std::uint32_t> peer_ssrc)
      : ours(our_ssrc), peer(peer_ssrc) {}

  std::uint32_t ours;
  std::optional<std::uint32_t> peer;
  bool reported = false, said_bye = false;
  std::optional<std::uint32_t> sr_ssrc;
  RtcpSenderInfo sr;
  std::optional<RtcpReportBlock> about_us;

  void report(std::uint32_t from, const RtcpSenderInfo* sender) override {
    if (from == ours) return;  // a peer that echoes datagrams sends us our own
    reported = true;
    if (sender && (!peer || from == *peer)) {
      sr_ssrc = from;
      sr = *sender;
    }
  }
  void block(std::uint32_t from, const RtcpReportBlock& block) override {
    if (from != ours && block.ssrc == ours) about_us = block;
  }
  void cname(std::uint32_t, std::string_view) override {}
  void bye(std::uint32_t from, std::string_view) override {
    if (from != ours && (!peer || from == *peer)) said_bye = true;
  }
};

}  // namespace

RtcpSession::RtcpSession(std::uint64_t seed, const std::string& cname)
    : cname_(cname.empty() ? make_cname(seed) : cname), schedule_(derive(seed, "rtcp")) {}

RtcpSession::Received RtcpSession::receive(std::span<const std::uint8_t> bytes, TimePoint arrival,
                                           const Packetiser& sent, const RtpSource* source) {
  Received received;
  Reader reader(sent.ssrc(), source ? std::optional(source->ssrc()) : std::nullopt);
  if (!parse_rtcp(bytes, reader)) return received;
  received.valid = true;
  received.bye = reader.said_bye;
  if (reader.sr_ssrc) {
    sr_ssrc_ = reader.sr_ssrc;
    sr_middle_ = ntp_middle(reader.sr.ntp);
    sr_arrival_ = arrival;
  }
  if (reader.about_us) {
    received.first_report = reports_ == 0;
    about_us(*reader.about_us, arrival, sent);
  } else if (reader.reported && sent.packets() > 0 && arrival - sent.first_sent() >= kUnheard &&
             !heard_) {
    heard_ = false;
  }
  return received;
}

void RtcpSession::about_us(const RtcpReportBlock& block, TimePoint arrival,
                           const Packetiser& sent) {
  ++reports_;
  newest_ = block.reception;
  jitter_ = from_clock(block.reception.jitter, sent.clock_rate());
  if (const auto rtt = round_trip(block, arrival)) rtt_ = rtt;
  if (sent.packets() == 0) return;
  // Peers count cycles from where they began to listen: only the lower half compares.
  const std::uint32_t first = sent.first_sequence(), span = sent.highest_sequence() - first;
  const std::uint32_t reached = (block.reception.highest - first) & 0xffff;
  if (span > 0xffff || reached <= span) {
    heard_ = true;
  } else if (!heard_ && arrival - sent.first_sent() >= kUnheard) {
    heard_ = false;
  }
}

std::size_t RtcpSession::write(TimePoint now, const Packetiser& sent, RtpSource* source, bool bye,
                               std::span<std::uint8_t> out) {
  RtcpCompound compound;
  compound.ssrc = sent.ssrc();
  if (sent.packets() > packets_at_[1]) {
    compound.sender = RtcpSenderInfo{ntp_time(now), sent.timestamp_at(now),
                                     static_cast<std::uint32_t>(sent.packets()),
                                     static_cast<std::uint32_t>(sent.octets())};
  }
  packets_at_[1] = packets_at_[0];
  packets_at_[0] = sent.packets();
  if (source) {
    RtcpReportBlock block;
    block.ssrc = source->ssrc();
    block.reception = source->report();
    if (sr_ssrc_ == source->ssrc()) {
      // 2^32 / 2^16 s is 18 hours: longer waits say the most there is.
      const std::int64_t units = to_clock(std::max(now - sr_arrival_, Duration{}), 65536);
      block.last_sr = sr_middle_;
      block.delay_since_last_sr =
          static_cast<std::uint32_t>(std::min<std::int64_t>(units, 0xffffffff));
    }
    compound.block = block;
  }
  compound.cname = cname_;
  compound.bye = bye;
  ++written_;
  return write_rtcp(compound, out);
}

void RtcpSession::stats(MediaStats::Tx& out) const {
  out.reports = reports_;
  out.reported_lost = newest_.lost;
  out.reported_fraction_lost = newest_.fraction_lost / 256.0;
  out.reported_highest = newest_.highest;
  out.reported_jitter = jitter_;
  out.rtt = rtt_;
  out.heard_by_peer = heard_;
}

}  // namespace lineman
