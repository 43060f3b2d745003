// One direction of a call's media in the words of `rx.*` and `tx.*`. Pure values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lineman/media_call.h"
#include "lineman/sdp.h"

namespace lineman {

struct MediaSummary {
  std::int64_t packets = 0, lost = 0, late = 0;
  std::optional<double> loss_pct, jitter_ms, delay_ms, level_db, rtt_ms, mos;
  std::string mos_model;
  double concealed_ms = 0;
  std::string audio = "none";         // tone:F, speech, silence, none
  std::optional<bool> heard_by_peer;  // tx
};

// From the counters; the E-model takes loss as random, since reports do not say how it was spread.
MediaSummary summarise_rx(const CallMediaStats& stats, CodecId codec, Duration ptime);
MediaSummary summarise_tx(const CallMediaStats& stats, CodecId codec, Duration ptime);

}  // namespace lineman
