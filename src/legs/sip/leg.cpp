// SipLeg: the handle on a SipCall that phone holds.
#include "call.h"

namespace lineman {
namespace {
Result<void> gone() { return fail(ErrorCode::kUnsupported, "sip: the endpoint is shut down"); }
}  // namespace

SipLeg::SipLeg(SipCall& call) : call_(&call) { call.attach(this); }
SipLeg::~SipLeg() {
  if (call_) call_->detach();
}
void SipLeg::set_sink(LegSink* sink) {
  if (call_) call_->set_sink(sink);
}
std::string SipLeg::id() const { return call_ ? call_->id() : ""; }
std::string SipLeg::remote() const { return call_ ? call_->remote() : ""; }
Address SipLeg::signalling_peer() const { return call_ ? call_->signalling_peer() : Address{}; }
Result<void> SipLeg::dial(const DialRequest& request) {
  return call_ ? call_->dial(request) : gone();
}
Result<void> SipLeg::ring(int code, const Body& description) {
  return call_ ? call_->ring(code, description) : gone();
}
Result<void> SipLeg::answer(const Body& description) {
  return call_ ? call_->answer(description) : gone();
}
Result<void> SipLeg::reject(int code, const std::string& reason) {
  return call_ ? call_->reject(code, reason) : gone();
}
Result<void> SipLeg::accept(const Body& answer) { return call_ ? call_->accept(answer) : gone(); }
Result<void> SipLeg::refuse(int code) { return call_ ? call_->refuse(code) : gone(); }
Result<void> SipLeg::offer(const Body& body) { return call_ ? call_->offer(body) : gone(); }
Result<void> SipLeg::send_digit(char digit, Duration length) {
  return call_ ? call_->send_digit(digit, length) : gone();
}
void SipLeg::hang_up(const std::string& reason) {
  if (call_) call_->hang_up(reason);
}

}  // namespace lineman
