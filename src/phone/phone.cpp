#include "phone.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "lineman/audio_file.h"
#include "lineman/random.h"
#include "lineman/sip_uri.h"
#include "lineman/text.h"
#include "lineman/version.h"
#include "lineman/writer.h"

namespace lineman {
namespace {

using namespace std::chrono_literals;

constexpr Duration kWithdrawWait = 700ms;
constexpr Duration kShutDownWait = 600ms;  // with the call's own end, 2 s after a signal
constexpr Duration kFlushWait = 500ms;
constexpr Duration kStuckAfter = 1900ms;  // after the first signal: Control itself hangs

constexpr std::size_t kMostCauses = 100;
constexpr Duration kCaptureWait = 200ms;

// "sip:127.0.0.1:5060;transport=udp" without what a dialler need not say; a wildcard as this
// machine's own.
std::string dialable(std::string address) {
  static constexpr std::string_view kUdp = ";transport=udp";
  if (address.ends_with(kUdp)) address.resize(address.size() - kUdp.size());
  for (const auto& [any, here] :
       {std::pair{"sip:0.0.0.0:", "sip:127.0.0.1:"}, {"sip:[::]:", "sip:[::1]:"}}) {
    if (address.rfind(any, 0) == 0) address.replace(0, std::string_view(any).size(), here);
  }
  return address;
}

// A message as --trace sip shows it: a line that says which way, then the message, indented, safe
// for a terminal.
std::string sip_trace_text(bool sent, const Address& local, const Address& peer,
                           std::string_view transport, std::string_view text) {
  std::string out = std::string(sent ? "sent to " : "received from ") + peer.text() + " (" +
                    std::string(transport) + ", at " + local.text() + ")";
  for (std::string_view line : split(text, '\n')) {
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    out += "\n    " + printable(line);
  }
  return out;
}

}  // namespace

// Known only when all calls are over; the other fields are a call's own.
bool Phone::is_process_field(std::string_view path) {
  static constexpr std::array<std::string_view, 6> kFields = {
      "calls", "calls_ok", "calls_failed", "events_dropped", "seed", "version"};
  return std::find(kFields.begin(), kFields.end(), path) != kFields.end();
}

Phone::Phone(const PhoneOptions& options, const PhoneOutputs& outputs)
    : options_(options), outputs_(outputs) {}

Phone::~Phone() {
  calls_.clear();
  refused_.clear();
  if (!clean_) static_cast<void>(endpoint_.release());  // the process leaves by _exit
}

PhoneVerdict Phone::run() {
  auto ready = prepare();
  if (ready) ready = start();
  if (ready) {
    world_->loop->run();
  } else {
    fail_with(exit_of(ready.error()), ready.error().text);
  }
  calls_.clear();
  refused_.clear();
  if (capture_) {
    capture_.reset();
    if (clean_ && world_->writer->flush(kCaptureWait)) deliver_posts();
  }
  if (started_) judge_process();
  PhoneVerdict verdict{exit_code(), signal_, process_result(), clean_};
  emit("", event::Result{verdict.result});
  if (world_ && !world_->writer->flush(kFlushWait)) verdict.clean = clean_ = false;
  if (world_ && clean_) {  // a report that could not be written says so
    deliver_posts();
    if (!world_->writer->flush(kFlushWait)) verdict.clean = clean_ = false;
  }
  return verdict;
}

// What was posted while no loop ran: the ends of files.
void Phone::deliver_posts() {
  world_->loop->post([this] { world_->loop->stop(); });
  world_->loop->run();
}

// What is expected of the process as a whole, where its calls have been judged one by one.
void Phone::judge_process() {
  if (exits_.empty()) return;
  const ProcessResult seen = process_result();
  std::vector<std::string> failed;
  for (const Expectation& e : options_.expectations) {
    if (!Phone::is_process_field(e.field)) continue;
    const FieldValue actual = result_field(seen, e.field);
    const std::string text = field_text(actual);
    if (holds(e, actual)) {
      emit("", event::ExpectPassed{e.text, text});
    } else {
      emit("", event::ExpectFailed{e.text, text});
      failed.push_back("expected " + e.text + ", got " + (text.empty() ? "nothing" : text));
    }
  }
  if (!failed.empty() && exit_code() == Exit::kOk) own_exit_ = Exit::kExpectation;
  own_causes_.insert(own_causes_.end(), failed.begin(), failed.end());
}

// What can fail before anything is sent.
Result<void> Phone::prepare() {
  const bool listens = options_.mode == PhoneOptions::Mode::kAnswer;
  const std::string& address =
      listens && !options_.sip.listen.empty() ? options_.sip.listen.front() : options_.target;
  const auto type = leg_type(listens && options_.sip.listen.empty() ? "sip:" : address);
  world_ = std::make_unique<World>(make_world(type && (*type)->simulated, options_));
  world_->engine->set_sink(this);
  if (auto opened = open_outputs(); !opened) return opened;
  if (!type) return tl::make_unexpected(type.error());
  if (is_emergency(options_.target) && !options_.allow_emergency) {
    return fail(ErrorCode::kUsage, "'" + printable(options_.target) +
                                       "' is an emergency number: it is called only with "
                                       "--allow-emergency");
  }
  if (auto loaded = audio_.load(options_.actions); !loaded) return loaded;
  if (!options_.record_stereo.empty()) {
    if (auto writable = check_writable(options_.record_stereo); !writable) return writable;
  }
  return open_endpoint(**type);
}

Result<void> Phone::open_outputs() {
  outputs_open_ = true;
  // One that an earlier run left would be taken for ours; a FIFO is somebody who waits.
  std::error_code error;
  if (std::filesystem::is_regular_file(options_.ready_file, error)) {
    std::filesystem::remove(options_.ready_file, error);
  }
  if (outputs_.open) {
    if (auto opened = outputs_.open(*world_->writer, world_->epoch); !opened) return opened;
  }
  if (options_.pcap.empty()) return {};
  auto capture = open_capture(*world_->loop, *world_->writer, options_.pcap, world_->epoch,
                              [this](const CaptureEnd& end) {
                                if (!end.error.empty()) on_warning("capture_failed", end.error);
                              });
  if (!capture) return tl::make_unexpected(capture.error());
  capture_ = std::move(*capture);
  return {};
}

Result<void> Phone::open_endpoint(const LegType& type) {
  IncomingPolicy::Options policy;
  for (const auto& range : options_.allow) {
    auto cidr = parse_cidr(range);
    if (!cidr) return tl::make_unexpected(cidr.error());
    policy.allow.push_back(*cidr);
  }
  policy.max_calls = options_.max_calls;

  SipOptions sip = options_.sip;
  sip.seed = world_->seed;
  if (!options_.allow_emergency) {
    sip.may_call = [](const std::string& uri) { return !is_emergency(uri); };
  }
  if (capture_ || options_.trace_sip) {
    sip.trace = [this](bool sent, const Address& local, const Address& peer,
                       std::string_view transport, std::string_view text) {
      if (capture_) capture_->sip(world_->loop->now(), sent, local, peer, transport, text);
      if (options_.trace_sip && outputs_.log) {
        outputs_.log(sip_trace_text(sent, local, peer, transport, text));
      }
    };
  }
  auto endpoint = type.make(*world_, std::move(sip));
  if (!endpoint) return tl::make_unexpected(endpoint.error());
  endpoint_ = std::move(*endpoint);
  if (auto bound = endpoint_->start(*this); !bound) return bound;
  for (const auto& address : endpoint_->addresses()) {
    const auto uri = parse_sip_uri(address);
    const auto ip = uri ? Address::parse_ip(uri->host) : Result<Address>(Address{});
    policy.public_listener = policy.public_listener || (ip && *ip && !ip->is_loopback());
  }
  policy_.emplace(std::move(policy));
  call_world_ = std::make_unique<CallWorld>(
      CallWorld{*world_->loop, *world_->engine, *world_->network, *endpoint_, *world_->writer,
                audio_, options_, world_->seed, world_->simulated,
                [this](const std::string& call, EventBody body, std::optional<TimePoint> time) {
                  emit(call, std::move(body), time);
                },
                nullptr});
  if (capture_) {
    call_world_->capture = [this](std::unique_ptr<PacketTransport> transport, const Address& rtp,
                                  const Address& rtcp) {
      return capture_->wrap(std::move(transport), rtp, rtcp);
    };
  }
  return {};
}

Result<void> Phone::start() {
  Loop& loop = *world_->loop;
  signals_ = watch_signals(loop, [this](int signal) { on_signal(signal); });
  loop.post([this] { begin(); });
  if (options_.timeout > Duration{}) {
    timeout_ = loop.at(loop.now() + options_.timeout, [this] {
      if (!ordinary_stop() && calls_.empty()) {
        const bool waiting = options_.mode == PhoneOptions::Mode::kAnswer;
        const std::string came =
            exits_.empty() ? "no call" : "only " + std::to_string(exits_.size());
        fail_with(waiting ? Exit::kNoAnswer : Exit::kUnreachable,
                  (waiting ? came + " came within --timeout " : "no response within --timeout ") +
                      duration_text(options_.timeout));
      }
      stop_all(0, "timeout");
    });
  }
  return {};
}

bool Phone::ordinary_stop() const {
  if (options_.mode == PhoneOptions::Mode::kAnswer) return options_.count == 0;
  return options_.mode == PhoneOptions::Mode::kRegister && !options_.once;
}

// The first signal hangs up; the second leaves at once, files intact.
void Phone::on_signal(int signal) {
  if (signal_ != 0) {
    signal_ = signal;
    for (const auto& [id, run] : calls_) {
      if (run->done()) continue;
      CallResult cut = run->result();
      cut.exit = static_cast<Exit>(static_cast<int>(Exit::kSignal) + signal);
      cut.verdict = verdict_name(cut.exit);
      cut.causes = {"cut short by a second signal, " + std::to_string(signal)};
      exits_[id - 1] = cut.exit;
      only_result_ = cut;
      if (call_causes_.size() < kMostCauses) {
        call_causes_.push_back(cut.call + ": " + cut.causes.front());
      }
      emit(cut.call, event::CallResult{cut});
    }
    clean_ = false;
    world_->loop->stop();
    return;
  }
  world_->writer->set_deadline(world_->loop->now() + kStuckAfter);
  if (!ordinary_stop() && calls_.empty() && !finishing_) {
    fail_with(static_cast<Exit>(static_cast<int>(Exit::kSignal) + signal),
              "cut short by signal " + std::to_string(signal));
  }
  stop_all(signal, "signal");
}

// Tells who waits for us: --ready-file, then the command after `--`.
Result<void> Phone::announce() {
  event::AppReady ready;
  ready.addresses = endpoint_->addresses();
  const auto wanted =
      std::find_if(ready.addresses.begin(), ready.addresses.end(), [&](const std::string& address) {
        return !options_.sip.transport.empty() &&
               address.ends_with(";transport=" + options_.sip.transport);
      });
  if (!ready.addresses.empty()) {
    ready.uri = dialable(wanted == ready.addresses.end() ? ready.addresses.front() : *wanted);
  }
  emit("", ready);
  if (!options_.ready_file.empty()) {
    auto lines = world_->writer->open_lines(options_.ready_file, [](const std::string&) {});
    if (!lines) return tl::make_unexpected(lines.error());
    world_->writer->write_line(*lines, ready.uri);
  }
  if (options_.command.empty()) return {};
  auto child = run_command(
      *world_->loop, options_.command, {{"LINEMAN_URI", ready.uri}}, [this](const ChildEnd& end) {
        command_over_ = true;
        if (!end.ok() && !stopping_ && !finishing_) {
          fail_with(Exit::kExpectation,
                    end.signal != 0
                        ? "the command was killed by signal " + std::to_string(end.signal)
                        : "the command ended with exit code " + std::to_string(end.exit_code));
        }
        stop_all(0, "the command ended");
      });
  if (!child) return tl::make_unexpected(child.error());
  command_ = std::move(*child);
  return {};
}

void Phone::begin() {
  started_ = true;
  if (auto announced = announce(); !announced) {
    fail_with(exit_of(announced.error()), announced.error().text);
    return finish();
  }
  switch (options_.mode) {
    case PhoneOptions::Mode::kDial: place_calls(); break;
    case PhoneOptions::Mode::kAnswer:
      if (options_.register_account) {
        if (auto r = endpoint_->enroll(options_.expires); !r)
          fail_with(exit_of(r.error()), r.error().text);
      }
      break;
    case PhoneOptions::Mode::kRegister:
      if (auto r = endpoint_->enroll(options_.expires); !r)
        fail_with(exit_of(r.error()), r.error().text);
      break;
    case PhoneOptions::Mode::kProbe: {
      auto r = endpoint_->probe(options_.target, options_.headers,
                                [this](ProbeAnswer answer) { on_probe(answer); });
      if (!r) fail_with(exit_of(r.error()), r.error().text);
      break;
    }
  }
  maybe_finish();
}

void Phone::emit(const std::string& call, EventBody body, std::optional<TimePoint> time) {
  Event event;
  event.time = time ? *time : (world_ ? world_->loop->now() : TimePoint{});
  event.call = call;
  event.body = std::move(body);
  if (!outputs_open_) return;
  for (auto* sink : outputs_.sinks) sink->on_event(event);
}

void Phone::call_done(CallRun& run) {
  const CallId id = run.id();
  exits_[id - 1] = run.result().exit;
  only_result_ = run.result();
  for (const std::string& cause : run.result().causes) {
    if (call_causes_.size() < kMostCauses) call_causes_.push_back(run.result().call + ": " + cause);
  }
  calls_.erase(id);
  if (options_.mode == PhoneOptions::Mode::kDial) place_calls();
  maybe_finish();
}

void Phone::stop_all(int signal, const std::string& why) {
  stopping_ = true;
  if (signal != 0) signal_ = signal;
  std::vector<CallId> ids;
  for (const auto& [id, run] : calls_) ids.push_back(id);
  for (CallId id : ids) calls_.at(id)->stop(signal, why);
  maybe_finish();
}

void Phone::fail_with(Exit exit, const std::string& why) {
  if (own_exit_ == Exit::kOk) own_exit_ = exit;
  own_causes_.push_back(why);
  stopping_ = true;
}

void Phone::maybe_finish() {
  if (!started_ || finishing_ || !calls_.empty()) return;
  const bool counted = options_.mode == PhoneOptions::Mode::kAnswer && options_.count > 0 &&
                       static_cast<int>(exits_.size()) >= options_.count;
  const bool dialled =
      options_.mode == PhoneOptions::Mode::kDial && placed_ >= std::max(1, options_.count);
  // A command of ours is waited for: the process ends with it, and what it does after the calls
  // counts too.
  const bool commanded = command_ && !command_over_ && !stopping_;
  if (stopping_ || ((counted || dialled) && !commanded)) finish();
}

// Nothing is left to do: give back the registration, then the endpoint, then the loop.
void Phone::finish() {
  if (finishing_) return;
  judge_without_calls();
  finishing_ = true;
  if (timeout_ != 0) world_->loop->cancel(timeout_);
  if (command_) command_->stop(200ms);
  world_->writer->set_deadline(world_->loop->now() + kStuckAfter);
  const bool enrolled = options_.mode == PhoneOptions::Mode::kRegister || options_.register_account;
  if (!enrolled) return leave();
  auto left = std::make_shared<bool>(false);
  const auto go = [this, left] {
    if (!std::exchange(*left, true)) leave();
  };
  world_->loop->at(world_->loop->now() + kWithdrawWait, go);
  endpoint_->withdraw(go);
}

// What is expected where no call was judged: of a probe, a registration, or calls that never came.
void Phone::judge_without_calls() {
  if (!exits_.empty()) return;
  const ProcessResult seen = process_result();
  bool outcome_replaced = false;
  std::vector<std::string> failed;
  for (const Expectation& e : options_.expectations) {
    const FieldValue actual = result_field(seen, e.field);
    const std::string text = field_text(actual);
    if (holds(e, actual)) {
      emit("", event::ExpectPassed{e.text, text});
      outcome_replaced = outcome_replaced || e.field == "status" || e.field == "cause";
    } else {
      emit("", event::ExpectFailed{e.text, text});
      failed.push_back("expected " + e.text + ", got " + (text.empty() ? "nothing" : text));
    }
  }
  const int code = static_cast<int>(own_exit_);
  if (outcome_replaced && code >= 5 && code <= 10) {
    own_exit_ = Exit::kOk;
    if (probe_result_) probe_result_->causes.clear();
  }
  if (!failed.empty() && own_exit_ == Exit::kOk) own_exit_ = Exit::kExpectation;
  // Behind the causes that led to the exit code.
  auto& causes = probe_result_ ? probe_result_->causes : own_causes_;
  causes.insert(causes.end(), failed.begin(), failed.end());
}

void Phone::leave() {
  endpoint_->shut_down(kShutDownWait, [this](bool clean) {
    clean_ = clean;
    world_->loop->stop();
  });
}

Exit Phone::exit_code() const {
  if (own_exit_ != Exit::kOk) return own_exit_;
  for (Exit e : exits_) {
    if (e != Exit::kOk) return e;
  }
  return Exit::kOk;
}

ProcessResult Phone::process_result() const {
  ProcessResult r;
  if (probe_result_) r.call = *probe_result_;
  if (only_result_ && exits_.size() == 1) r.call = *only_result_;
  if (exits_.size() > 1) r.call.causes = call_causes_;
  r.call.exit = exit_code();
  r.call.verdict = verdict_name(r.call.exit);
  // The deciding one comes first.
  const auto at = own_exit_ != Exit::kOk ? r.call.causes.begin() : r.call.causes.end();
  r.call.causes.insert(at, own_causes_.begin(), own_causes_.end());
  r.calls = static_cast<std::int64_t>(exits_.size());
  r.calls_failed =
      std::count_if(exits_.begin(), exits_.end(), [](Exit e) { return e != Exit::kOk; });
  r.calls_ok = r.calls - r.calls_failed;
  r.events_dropped = world_ ? static_cast<std::int64_t>(world_->writer->dropped()) : 0;
  r.seed = world_ ? world_->seed : 0;
  r.version = kVersion;
  return r;
}

PhoneVerdict run_phone(const PhoneOptions& options, const PhoneOutputs& outputs) {
  Phone phone(options, outputs);
  return phone.run();
}

}  // namespace lineman
