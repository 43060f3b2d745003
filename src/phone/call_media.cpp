// The media half of CallRun: offers and answers (RFC 3264), sockets, codecs.
#include "call_run.h"
#include "lineman/media.h"
#include "lineman/media_call.h"
#include "lineman/random.h"
#include "lineman/text.h"
#include "lineman/writer.h"

namespace lineman {
namespace {

bool is_sdp(const Body& body) {
  const std::string_view type =
      std::string_view(body.content_type).substr(0, body.content_type.find(';'));
  return iequals(trim(type), "application/sdp");
}

}  // namespace

Result<void> CallRun::open_media(const Address& local_ip) {
  auto sockets = world_.network.open(local_ip);
  if (!sockets) return tl::make_unexpected(sockets.error());
  local_.rtp = sockets->rtp;
  auto transport = world_.capture
                       ? world_.capture(std::move(sockets->transport), sockets->rtp, sockets->rtcp)
                       : std::move(sockets->transport);
  auto media = make_media_call(make_rtp_leg(rtp_), world_.options.impairment,
                               derive(world_.seed, "impair", id_), MediaCallOptions{});
  world_.engine.add(id_, std::move(media), std::move(transport));
  media_open_ = true;
  return {};
}

Body CallRun::our_offer() {
  // Media may come before the answer: from now on everything that was offered is understood.
  exchange(offered_config(local_));
  return {"application/sdp", make_offer(local_)};
}

bool CallRun::exchange(const RtpConfig& config) {
  auto set = make_codec_set(config, rtp_);
  if (!set) {
    call_->on_local_failure(set.error(), now());
    return false;
  }
  task([set = std::move(*set)](TimePoint t, MediaCall& media) mutable { media.exchange(t, set); });
  const bool held = config.direction != Direction::kSendRecv && config.remote_rtp;
  world_.engine.run(id_, make_task([held](TimePoint, MediaCall& media) { media.hold(held); }));
  return true;
}

static NegotiatedMedia negotiated(const LocalMedia& local, const RtpConfig& config) {
  NegotiatedMedia media;
  media.codec = std::string(codec_info(config.send.codec).name);
  media.direction = config.direction;
  media.telephone_event = config.events_send.has_value();
  media.local = local.rtp;
  media.remote = config.remote_rtp;
  media.ptime = config.ptime;
  media.peer_codecs = config.peer_codecs;
  return media;
}

bool CallRun::take_answer(const Body& answer, bool again) {
  if (!again && answer && answer.text == remote_sdp_) return true;  // the 200 repeats the 183
  if (!answer || !is_sdp(answer)) {
    call_->on_negotiation_failed(
        {ErrorCode::kMalformed,
         answer ? "the answer is " + printable(answer.content_type) + ", not application/sdp"
                : "the peer answered without a session description"},
        {}, now());
    return false;
  }
  auto config = accept_answer(local_, answer.text);
  if (!config) {
    call_->on_negotiation_failed(config.error(), offered_codec_names(answer.text), now());
    return false;
  }
  remote_sdp_ = answer.text;
  agreed_ = local_.direction;
  config_ = *config;
  if (!exchange(*config)) return false;
  call_->on_negotiated(negotiated(local_, *config), now());
  return true;
}

bool CallRun::take_offer(const Body& offer) {
  if (!is_sdp(offer)) {
    call_->on_negotiation_failed(
        {ErrorCode::kNoCommon,
         "the offer is " + printable(offer.content_type) + ", not application/sdp"},
        {}, now());
    return false;
  }
  auto answered = answer_offer(local_, offer.text);
  if (!answered) {
    call_->on_negotiation_failed(answered.error(), offered_codec_names(offer.text), now());
    return false;
  }
  remote_sdp_ = offer.text;
  config_ = answered->config;
  answer_ = {"application/sdp", answered->sdp};
  if (!exchange(answered->config)) return false;
  call_->on_negotiated(negotiated(local_, answered->config), now());
  return true;
}

// A new offer inside the call. One that cannot be met is refused; the call goes on as it was.
void CallRun::on_new_offer(const Body& offer) {
  local_.session_version++;
  if (config_) {
    local_.keep = config_->receive;
    local_.keep_events = config_->events_receive;
  }
  if (!offer) {
    leg_failed(leg_->accept({"application/sdp", make_offer(local_)}));
    return;
  }
  if (!is_sdp(offer)) {
    leg_failed(leg_->refuse(415));
    return;
  }
  auto answered = answer_offer(local_, offer.text);
  if (!answered) {
    call_->on_warning("reoffer_refused", answered.error().text, now());
    leg_failed(leg_->refuse(answered.error().code == ErrorCode::kMalformed ? 400 : 488));
    return;
  }
  remote_sdp_ = offer.text;
  config_ = answered->config;
  if (!exchange(answered->config)) return;
  leg_failed(leg_->accept({"application/sdp", answered->sdp}));
  call_->on_negotiated(negotiated(local_, answered->config), now());
}

void CallRun::send_offer_again(Direction direction) {
  local_.direction = direction;
  local_.session_version++;
  if (config_) {
    local_.keep = config_->receive;
    local_.keep_events = config_->events_receive;
  }
  leg_failed(leg_->offer({"application/sdp", make_offer(local_)}));
}

}  // namespace lineman
