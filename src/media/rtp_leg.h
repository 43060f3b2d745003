// RtpLeg over its parts: packets and time in, packets, audio and events out.
// Media thread; no allocation once made.
//
//                    ┌─ RTCP ──► RtcpSession                         ┌── close: BYE
//   on_packet ─► Latch ─► SourceTracker ─┬─ audio, noise ─► Playout ─► pull
//                                        └─ events ─► DtmfReceiver ─► next_event
//   push ─► DtmfSender ─┬─ audio, tones ─► Packetiser ─┐
//                       └─ events ─────────────────────┴─► next_packet ◄── reports
#pragma once

#include <memory>

#include "lineman/media.h"
#include "playout.h"

namespace lineman {

std::unique_ptr<RtpLeg> make_rtp_leg(const RtpLegOptions& options,
                                     std::unique_ptr<Playout> playout);

}  // namespace lineman
