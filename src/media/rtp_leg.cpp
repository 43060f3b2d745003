#include "rtp_leg.h"

#include <algorithm>
#include <utility>

#include "codec_set.h"
#include "dtmf.h"
#include "latch.h"
#include "packetiser.h"
#include "ptime_watch.h"
#include "ring.h"
#include "rtcp_session.h"
#include "rtp.h"
#include "source_tracker.h"

namespace lineman {
namespace {

using Kind = MediaEvent::Kind;
using Meaning = RtpCodecSet::Meaning;

class RtpLegImpl final : public RtpLeg {
 public:
  RtpLegImpl(const RtpLegOptions& options, std::unique_ptr<Playout> playout)
      : stall_after_(options.stall_after),
        playout_(std::move(playout)),
        latch_(options.allow_any_source),
        packetiser_(options.seed),
        rtcp_(options.seed, options.cname) {}

  void exchange(TimePoint now, std::unique_ptr<CodecSet>& set) override;
  void on_packet(const Packet& packet) override;
  void on_timeout(TimePoint now) override;
  TimePoint next_timeout() const override;
  bool next_packet(Packet& out) override;
  bool next_event(MediaEvent& out) override;
  void pull(TimePoint now, AudioFrame& out) override;
  void push(TimePoint now, const AudioFrame& in) override;
  SampleRate rate() const override { return set_ ? set_->rate_ : 8000; }
  bool send_digit(char digit, Duration length, Duration gap, DtmfMode mode,
                  std::uint32_t id) override;
  void stats(MediaStats& out) const override;
  void close(TimePoint now) override;

 private:
  bool receiving() const { return set_ && !closed_ && receives(set_->config_.direction); }
  bool sending() const {
    return set_ && !closed_ && sends(set_->config_.direction) && latch_.rtp();
  }
  MediaEvent& report(Kind kind, TimePoint time);

  void on_rtcp(const Packet& packet);
  void stranger(const Packet& packet);
  void unknown(const Packet& packet, const RtpHeader& header);
  void deliver(const Packet& packet, const RtpView& view);
  void heard(const Packet& packet);
  TimePoint stall_time() const;
  void say(TimePoint now, const AudioFrame& frame);
  void send_report(TimePoint now, bool bye);

  const Duration stall_after_;
  std::unique_ptr<Playout> playout_;
  std::unique_ptr<RtpCodecSet> set_;
  Latch latch_;
  SourceTracker sources_;
  Packetiser packetiser_;
  RtcpSession rtcp_;
  DtmfSender digits_out_;
  DtmfReceiver digits_in_;
  Ring<Packet> packets_{16};
  Ring<MediaEvent> events_{64};
  MediaEvent discarded_;  // written to when events_ is full
  bool closed_ = false;

  // Each is reported once a negotiation.
  bool told_stranger_ = false, told_unknown_ = false;
  PtimeWatch ptime_;

  bool stalled_ = false, comfort_noise_ = false;
  TimePoint receiving_since_ = kNever, pushed_{};
  MediaStats::Rx rx_;  // what is counted here
};

// The event to fill in; a full queue loses it.
MediaEvent& RtpLegImpl::report(Kind kind, TimePoint time) {
  MediaEvent* slot = events_.slot();
  if (slot) events_.commit();
  MediaEvent& event = slot ? *slot : discarded_;
  event = MediaEvent{};
  event.kind = kind;
  event.time = time;
  return event;
}

void RtpLegImpl::exchange(TimePoint now, std::unique_ptr<CodecSet>& set) {
  const bool received = receiving();
  // All sets come from make_codec_set.
  std::unique_ptr<RtpCodecSet> next(static_cast<RtpCodecSet*>(set.release()));
  std::vector<Playout::Coder> nothing;
  std::vector<Playout::Coder>& coders = next ? next->coders : nothing;
  playout_->exchange(coders, next ? next->rate_ : 8000);
  if (set_) set_->coders.swap(coders);  // the old ones leave with the old set
  std::swap(set_, next);
  set = std::move(next);

  told_stranger_ = told_unknown_ = false;
  ptime_ = {};
  if (!set_) {
    packetiser_.use(nullptr, 0, 8000, kFrameTime);
    digits_out_.use(std::nullopt, kFrameTime);
    rtcp_.schedule().stop();
    return;
  }
  const RtpConfig& config = set_->config_;
  latch_.open(now, config);
  packetiser_.use(set_->encoder.get(), config.send.number, set_->clock_rate, set_->ptime);
  digits_out_.use(config.events_send, set_->ptime);
  if (latch_.rtcp() && !closed_) rtcp_.schedule().start(now);
  if (receiving() && !received) {
    receiving_since_ = now;
    comfort_noise_ = stalled_ = false;
    if (sources_.source()) playout_->reset();  // after a hold the stream's timing is another
  }
}

void RtpLegImpl::on_packet(const Packet& packet) {
  const auto bytes = packet.data();
  if (packet.component == Component::kRtcp || looks_like_rtcp(bytes)) return on_rtcp(packet);
  const auto view = parse_rtp(bytes);
  if (!view) {
    ++rx_.malformed;
    return;
  }
  if (!set_ || closed_) return;
  if (!latch_.accepts_rtp(packet.peer)) return stranger(packet);
  const RtpHeader& header = view->header;
  if (set_->rows[header.payload_type].meaning == Meaning::kUnknown) return unknown(packet, header);
  if (latch_.take_rtp(packet.time, packet.peer))
    report(Kind::kLatched, packet.time).peer = packet.peer;

  using Verdict = SourceTracker::Verdict;
  const bool first = rx_.packets == 0;
  const Verdict verdict = sources_.take(packet, header);
  if (verdict == Verdict::kHeld) return;
  if (verdict == Verdict::kIgnored) {
    ++rx_.stranger;
    return;
  }
  if (verdict != Verdict::kPlay && !first) {
    if (verdict == Verdict::kNewSource) {
      report(Kind::kSsrcChanged, packet.time).value = header.ssrc;
    }
    playout_->reset();
    digits_in_.reset(packet.time);
    if (const Packet* held = sources_.held()) {
      if (const auto before = parse_rtp(held->data())) deliver(*held, *before);
      sources_.release();
    }
  }
  deliver(packet, *view);
}

void RtpLegImpl::deliver(const Packet& packet, const RtpView& view) {
  const RtpHeader& header = view.header;
  const RtpCodecSet::Row row = set_->rows[header.payload_type];
  if (row.meaning == Meaning::kUnknown) return;  // it was held over an exchange
  heard(packet);
  if (row.meaning == Meaning::kEvent) {
    // Its timestamp is that of the digit's start: no measure of jitter.
    if (receiving()) {
      playout_->other(packet.time);
      digits_in_.on_packet(header.timestamp, view.payload, row.clock_rate, packet.time);
    }
    return;
  }
  sources_.source()->arrived(packet.time, header.timestamp, row.clock_rate);
  comfort_noise_ = row.meaning == Meaning::kComfortNoise;
  if (!comfort_noise_) {
    rx_.payload_type = header.payload_type;
    const RtpConfig& config = set_->config_;
    if (const auto other =
            ptime_.packet(header, row.clock_rate, config.peer_ptime.value_or(config.ptime))) {
      report(Kind::kPtimeDiffers, packet.time).duration = *other;
    }
  }
  if (!receiving()) return;
  RtpPayload payload;
  payload.sequence = header.sequence;
  payload.timestamp = header.timestamp;
  payload.payload_type = header.payload_type;
  payload.marker = header.marker;
  payload.data = view.payload;
  payload.arrival = packet.time;
  playout_->push(payload);
}

void RtpLegImpl::heard(const Packet& packet) {
  ++rx_.packets;
  rx_.bytes += packet.size;
  if (rx_.first == kNever) {
    rx_.first = packet.time;
    report(Kind::kFirstRtp, packet.time).peer = packet.peer;
  } else if (stalled_) {
    report(Kind::kResumed, packet.time).duration = packet.time - rx_.last;
  }
  stalled_ = false;
  rx_.last = rx_.last == kNever ? packet.time : std::max(rx_.last, packet.time);
}

void RtpLegImpl::stranger(const Packet& packet) {
  ++rx_.stranger;
  if (std::exchange(told_stranger_, true)) return;
  report(Kind::kStranger, packet.time).peer = packet.peer;
}

void RtpLegImpl::unknown(const Packet& packet, const RtpHeader& header) {
  ++rx_.unknown_payload_type;
  // It is a packet of the stream nonetheless: not lost.
  if (RtpSource* source = sources_.source(); source && source->ssrc() == header.ssrc) {
    source->update(header.sequence);
  }
  if (std::exchange(told_unknown_, true)) return;
  MediaEvent& event = report(Kind::kUnknownPayloadType, packet.time);
  event.value = header.payload_type;
  event.peer = packet.peer;
}

void RtpLegImpl::on_rtcp(const Packet& packet) {
  if (!set_) return;
  if (!latch_.accepts_rtcp(packet.component, packet.peer)) return stranger(packet);
  const auto received = rtcp_.receive(packet.data(), packet.time, packetiser_, sources_.source());
  if (!received.valid) {
    ++rx_.malformed;
    return;
  }
  latch_.take_rtcp(packet.component, packet.peer);
  if (received.first_report) report(Kind::kPeerReport, packet.time).peer = packet.peer;
  if (!received.bye) return;
  report(Kind::kRtcpBye, packet.time).peer = packet.peer;
  // The peer waits a moment for our view of its stream, then it is gone.
  if (!closed_ && rtcp_.schedule().next() != kNever) rtcp_.schedule().hurry(packet.time);
}

TimePoint RtpLegImpl::stall_time() const {
  // Nothing is to be expected before the peer named an address, nor in a pause of its speech.
  if (!receiving() || !set_->config_.remote_rtp || stalled_ || comfort_noise_ ||
      stall_after_ <= Duration{}) {
    return kNever;
  }
  const TimePoint since =
      rx_.last == kNever ? receiving_since_ : std::max(rx_.last, receiving_since_);
  return since + stall_after_;
}

TimePoint RtpLegImpl::next_timeout() const {
  return std::min({rtcp_.schedule().next(), stall_time(), digits_in_.next_timeout()});
}

void RtpLegImpl::on_timeout(TimePoint now) {
  digits_in_.on_timeout(now);
  if (const TimePoint at = stall_time(); now >= at) {
    stalled_ = true;
    report(Kind::kStalled, now).duration = now - (at - stall_after_);
  }
  if (now >= rtcp_.schedule().next()) {
    send_report(now, false);
    rtcp_.schedule().sent(now);
  }
}

void RtpLegImpl::send_report(TimePoint now, bool bye) {
  const Address to = latch_.rtcp();
  if (!set_ || !to) return;
  Packet* packet = packets_.slot();
  if (!packet) return;
  packet->component = set_->config_.rtcp_mux ? Component::kRtp : Component::kRtcp;
  packet->peer = to;
  packet->time = now;
  packet->size = static_cast<std::uint16_t>(
      rtcp_.write(now, packetiser_, sources_.source(), bye, packet->bytes));
  packets_.commit();
}

void RtpLegImpl::pull(TimePoint now, AudioFrame& out) {
  out.rate = rate();
  if (receiving()) {
    playout_->pull(now, out);
  } else {
    out.silence();
  }
}

void RtpLegImpl::push(TimePoint now, const AudioFrame& in) {
  pushed_ = now;
  if (!sending()) {
    packetiser_.pause(now);
    return;
  }
  switch (digits_out_.frame(packetiser_.timestamp(), packetiser_.boundary())) {
    case DtmfSender::Carrier::kEvent: packetiser_.replaced(now); break;
    case DtmfSender::Carrier::kTones: {
      AudioFrame tones;
      tones.rate = set_->encoder->rate();
      digits_out_.tones(tones);
      say(now, tones);
      break;
    }
    case DtmfSender::Carrier::kAudio:
      if (in.rate == set_->encoder->rate()) {
        say(now, in);
      } else {
        AudioFrame scratch;
        say(now, set_->at_encoder_rate(in, scratch));
      }
      break;
  }
  for (DtmfPacket event; digits_out_.next_packet(event);) {
    if (Packet* packet = packets_.slot()) {
      packetiser_.event(now, event, *packet);
      packet->peer = latch_.rtp();
      packets_.commit();
    }
  }
}

void RtpLegImpl::say(TimePoint now, const AudioFrame& frame) {
  Packet* packet = packets_.slot();
  if (!packet) {  // nobody takes them: time passes
    packetiser_.replaced(now);
  } else if (packetiser_.audio(now, frame, *packet)) {
    packet->peer = latch_.rtp();
    packets_.commit();
  }
}

bool RtpLegImpl::next_packet(Packet& out) {
  if (packets_.empty()) return false;
  copy_packet(packets_.front(), out);
  packets_.pop();
  return true;
}

bool RtpLegImpl::next_event(MediaEvent& out) {
  if (!events_.empty()) {
    out = events_.front();
    events_.pop();
    return true;
  }
  if (digits_in_.next_event(out)) return true;
  if (!digits_out_.next_event(out)) return false;
  out.time = pushed_;
  return true;
}

bool RtpLegImpl::send_digit(char digit, Duration length, Duration gap, DtmfMode mode,
                            std::uint32_t id) {
  return sending() && digits_out_.queue(digit, length, gap, mode, id);
}

void RtpLegImpl::close(TimePoint now) {
  if (std::exchange(closed_, true)) return;
  digits_out_.clear();
  rtcp_.schedule().stop();
  // Who never sent anything says no goodbye (RFC 3550 section 6.3.7).
  if (packetiser_.packets() > 0 || rtcp_.has_sent()) send_report(now, true);
}

void RtpLegImpl::stats(MediaStats& out) const {
  out.rx = rx_;
  out.rx.lost = sources_.lost();
  out.rx.reordered = sources_.reordered();
  out.rx.ssrc_changes = sources_.changes();
  if (const RtpSource* source = sources_.source()) {
    out.rx.ssrc = source->ssrc();
    out.rx.jitter = source->jitter();
  }
  playout_->stats(out.rx);
  out.tx = {};
  out.tx.packets = packetiser_.packets();
  out.tx.bytes = packetiser_.octets() + RtpHeader::kSize * packetiser_.packets();
  out.tx.ssrc = packetiser_.ssrc();
  out.tx.first_sequence = packetiser_.first_sequence();
  out.tx.highest_sequence =
      packetiser_.packets() ? packetiser_.highest_sequence() : packetiser_.first_sequence();
  rtcp_.stats(out.tx);
}

}  // namespace

std::unique_ptr<RtpLeg> make_rtp_leg(const RtpLegOptions& options,
                                     std::unique_ptr<Playout> playout) {
  return std::make_unique<RtpLegImpl>(options, std::move(playout));
}

}  // namespace lineman
