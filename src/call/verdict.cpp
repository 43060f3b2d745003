#include "verdict.h"

#include <algorithm>
#include <cmath>

namespace lineman {
namespace {

// A media thread that was ever this late has not measured the peer: DESIGN section 5, exit 14.
constexpr Duration kTooLate = std::chrono::milliseconds(400);

struct Finding {
  Exit exit;
  std::string text;
};

bool was_answered(const CallFacts& f) { return f.answered != kNever; }

// The call's outcome: 3 to 10, 12, 13 and signals.
std::vector<Finding> outcome(const CallFacts& f, const CallOptions& options) {
  std::vector<Finding> found;
  if (f.signal != 0 && !options.stop_is_ordinary) {
    found.push_back({static_cast<Exit>(static_cast<int>(Exit::kSignal) + f.signal),
                     "cut short by signal " + std::to_string(f.signal)});
    return found;
  }
  if (f.local_failure) {
    found.push_back({exit_of(*f.local_failure), f.local_failure->text});
    return found;
  }
  if (f.rejected_as_asked || !f.end) return found;
  const LegEnd& end = *f.end;
  if (f.timed_out && !options.stop_is_ordinary) {
    found.push_back(
        {was_answered(f) ? Exit::kExpectation : Exit::kNoAnswer, "--timeout ended the call"});
    return found;
  }
  if (end.cause == Cause::kCancelled && !f.outgoing) {
    if (end.by == EndedBy::kPeer) {
      found.push_back({Exit::kPeerHungUp, "the caller gave up before the answer"});
    }
    return found;
  }
  if (end.cause != Cause::kNormal && end.cause != Cause::kNone) {
    if (const Exit exit = exit_of(end.cause); exit != Exit::kOk) {
      std::string text(cause_name(end.cause));
      if (end.code != 0) text += " (" + std::to_string(end.code) + ")";
      found.push_back({exit, text});
    }
    return found;
  }
  if (end.by == EndedBy::kPeer && was_answered(f)) {
    if (!f.unfinished.empty()) {
      found.push_back({Exit::kPeerHungUp, "the peer hung up during: " + f.unfinished});
    } else if (f.duration_missed) {
      found.push_back({Exit::kPeerHungUp, "the peer hung up before --duration was over"});
    }
  }
  return found;
}

struct MediaFinding {
  std::string word = "none";
  std::optional<std::string> failure;
};

MediaFinding media_verdict(const CallFacts& f, const CallOptions& options, bool must_be_proven) {
  if (!was_answered(f) || !f.media || !f.stats) return {"none", std::nullopt};
  const auto& rx = f.stats->stats.leg.rx;
  if (f.media->direction != Direction::kSendRecv || f.held) {
    if (must_be_proven && rx.packets == 0) {
      return {"not_negotiated", "no two-way audio was negotiated, and no RTP came"};
    }
    return {"not_negotiated", std::nullopt};
  }
  const auto& tx = f.stats->stats.leg.tx;
  const Duration lasted = f.ended == kNever ? Duration{} : f.ended - f.answered;
  const bool long_enough = options.rtp_timeout > Duration{} && lasted >= options.rtp_timeout;
  const bool heard_us = tx.heard_by_peer.value_or(false);
  const bool deaf_peer = tx.heard_by_peer.has_value() && !heard_us;

  if (rx.packets == 0) {
    if (long_enough) {
      return {heard_us ? "one_way_tx" : "none", "no RTP came from the peer"};
    }
    if (must_be_proven) return {"unproven", "no RTP came from the peer in this short call"};
    return {"unproven", std::nullopt};
  }
  if (f.stalled) {
    return {heard_us ? "one_way_tx" : "none",
            "RTP from the peer stopped before the end of the call"};
  }
  if (deaf_peer) return {"one_way_rx", "the peer's RTCP reports say that it received nothing"};
  return {heard_us ? "two_way" : "received", std::nullopt};
}

std::string status_of(const CallFacts& f) {
  if (was_answered(f)) return "answered";
  if (f.rejected_as_asked) return "rejected";
  if (f.local_failure || !f.end) return "failed";
  switch (f.end->cause) {
    case Cause::kNoAnswer:
    case Cause::kCancelled: return "unanswered";
    case Cause::kBusy: return "busy";
    case Cause::kDeclined:
    case Cause::kRejected:
    case Cause::kRedirected: return "rejected";
    default: return "failed";
  }
}

void fill_plain_fields(const CallFacts& f, const CallOptions& options, CallResult& r) {
  r.call = options.call;
  r.call_id = f.call_id;
  r.remote = f.remote;
  r.status = status_of(f);
  r.digits = f.digits;
  r.digits_complete = f.digits_complete;
  if (f.local_failure) {
    const bool resolve = f.local_failure->code == ErrorCode::kResolve;
    r.cause = cause_name(resolve ? Cause::kResolve : Cause::kLocalResource);
    r.ended_by = ended_by_name(EndedBy::kLocal);
    r.reason = f.local_failure->text;
  } else if (f.end) {
    r.cause = cause_name(f.end->cause);
    r.ended_by = ended_by_name(f.end->by);
    r.reason = f.end->reason;
    r.q850 = f.end->q850;
    if (f.end->code > 0 && f.end->code < 900) r.sip_code = f.end->code;
  }
  if (was_answered(f) && f.outgoing && !r.sip_code) r.sip_code = 200;
  const auto since = [&](TimePoint from, TimePoint to) -> std::optional<double> {
    if (from == kNever || to == kNever) return std::nullopt;
    return to_ms(to - from);
  };
  if (f.outgoing) {
    r.pdd_ms = since(f.began, f.responded);
    r.setup_ms = since(f.began, f.answered);
  }
  r.duration_ms = since(f.answered, f.ended);
  if (f.media) r.codec = f.media->codec;
  if (f.stats) {
    r.first_rtp_ms = since(f.answered, f.stats->stats.leg.rx.first);
    r.rx = f.stats->rx;
    r.tx = f.stats->tx;
  }
}

// No sound explains an early hang-up better than the other way round.
void insert_media(std::vector<Finding>& findings, const std::string& failure) {
  const auto at = std::find_if(findings.begin(), findings.end(),
                               [](const Finding& x) { return x.exit == Exit::kPeerHungUp; });
  findings.insert(at, {Exit::kNoMedia, failure});
}

void conclude(const std::vector<Finding>& findings, const CallFacts& f, CallResult& r) {
  r.causes.clear();
  for (const auto& finding : findings) r.causes.push_back(finding.text);
  r.exit = findings.empty() ? Exit::kOk : findings.front().exit;
  r.verdict = verdict_name(r.exit);
  r.diagnosis = diagnose(f, r);
}

}  // namespace

Verdict judge(const CallFacts& f, const CallOptions& options) {
  Verdict v;
  CallResult& r = v.result;
  fill_plain_fields(f, options, r);

  const bool expects_rx =
      std::any_of(options.expectations.begin(), options.expectations.end(),
                  [](const Expectation& e) { return e.field.rfind("rx.", 0) == 0; });
  const bool must_be_proven = options.require_media || options.check || expects_rx;
  const MediaFinding media = media_verdict(f, options, must_be_proven);
  r.media = media.word;

  std::vector<Finding> natural = outcome(f, options);
  for (const auto& e : f.errors) {
    natural.push_back({e.code == ErrorCode::kNoCommon ? Exit::kNegotiation : exit_of(e), e.text});
  }
  // Reads and waits are expectations by themselves: exit 1, after every natural failure.
  std::vector<Finding> failed;
  for (const auto& text : f.failures) failed.push_back({Exit::kExpectation, text});

  // What expectations see is the natural outcome: their own is still to come.
  std::vector<Finding> seen = natural;
  if (media.failure) insert_media(seen, *media.failure);
  conclude(seen, f, r);
  bool outcome_replaced = false, media_replaced = false;
  ProcessResult view;
  view.call = r;
  view.calls = 1;
  (r.exit == Exit::kOk ? view.calls_ok : view.calls_failed) = 1;
  for (const Expectation& e : options.expectations) {
    const FieldValue actual = result_field(view, e.field);
    const bool passed = holds(e, actual);
    v.expectations.push_back({e, field_text(actual), passed});
    if (!passed) {
      failed.push_back(
          {Exit::kExpectation, "expected " + e.text + ", got " +
                                   (field_text(actual).empty() ? "nothing" : field_text(actual))});
    } else if (e.field == "status" || e.field == "cause" || e.field == "ended_by") {
      outcome_replaced = true;
    } else if (e.field == "rx.packets") {
      media_replaced = true;
    }
  }

  std::vector<Finding> findings;
  for (auto& finding : natural) {
    const int code = static_cast<int>(finding.exit);
    const bool replaceable = (code >= 5 && code <= 10) || code == 12 || code == 13;
    if (!(outcome_replaced && replaceable)) findings.push_back(std::move(finding));
  }
  if (media.failure && !media_replaced) insert_media(findings, *media.failure);
  findings.insert(findings.end(), failed.begin(), failed.end());

  // A machine that was too late measured itself: what it says against the peer's media is void.
  if (f.worst_lateness >= kTooLate && !findings.empty()) {
    const bool about_media =
        findings.front().exit == Exit::kNoMedia ||
        (findings.front().exit == Exit::kExpectation && (expects_rx || !f.failures.empty()));
    if (about_media) {
      findings.insert(
          findings.begin(),
          {Exit::kInvalid, "this machine ran the media thread " +
                               std::to_string(static_cast<long>(to_ms(f.worst_lateness))) +
                               " ms late"});
    }
  }

  conclude(findings, f, r);
  return v;
}

}  // namespace lineman
