// How to make the media half of an RTP leg. Made on Control, used on Media: making allocates, using
// does not.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lineman/media_leg.h"
#include "lineman/result.h"
#include "lineman/sdp.h"

namespace lineman {

enum class JitterProfile : std::uint8_t { kInteractive, kDefault, kRobust, kFixed };
struct JitterOptions {
  JitterProfile profile = JitterProfile::kDefault;
  Duration fixed{};  // kFixed: the playout delay
};
Result<JitterOptions> parse_jitter(
    std::string_view text);  // interactive|default|robust|fixed:200ms

struct RtpLegOptions {
  std::uint64_t seed =
      0;  // SSRC, first sequence number and timestamp come from it (RFC 3550 section 5.1)
  std::string cname;  // SDES; empty: made from the seed
  JitterOptions jitter;
  int opus_bitrate = 24000;
  int opus_complexity = 5;
  bool opus_fec = true;
  Duration stall_after = std::chrono::seconds(5);  // --rtp-timeout
  bool allow_any_source =
      true;  // symmetric RTP: latch once per negotiation onto the first valid source
};

// A negotiated RtpConfig with its coders. Made on Control, exchanged on Media, freed on Control.
struct CodecSet {
  virtual ~CodecSet() = default;
  virtual const RtpConfig& config() const = 0;
  virtual SampleRate rate() const = 0;  // the highest of its coders: what the leg will say and hear
};
Result<std::unique_ptr<CodecSet>> make_codec_set(const RtpConfig& config,
                                                 const RtpLegOptions& options);

struct RtpLeg : MediaLeg {
  // Takes `set` between two frames and leaves the old one in it. The latch is open again. A config
  // without a remote address receives (early media before any answer) and sends nothing.
  virtual void exchange(TimePoint now, std::unique_ptr<CodecSet>& set) = 0;
};
std::unique_ptr<RtpLeg> make_rtp_leg(const RtpLegOptions& options);

// Impairment (--impair): 'rx:loss=3%,jitter=20ms,delay=40ms,reorder=1%,dup=0.5%,burst=3;tx:...'
struct Impairment {
  struct Way {
    double loss = 0, reorder = 0, duplicate = 0;  // 0..1
    double burst = 1;            // mean length of a loss burst, packets (Gilbert-Elliott)
    Duration delay{}, jitter{};  // constant; mean of a gamma-distributed addition
    bool operator==(const Way&) const = default;
  } rx, tx;
  bool operator==(const Impairment&) const = default;
};
Result<Impairment> parse_impairment(std::string_view text);
// A decorator over a leg: what arrives late, doubled or never. Seeded; RTP and RTCP alike.
std::unique_ptr<MediaLeg> make_impaired(std::unique_ptr<MediaLeg> leg, const Impairment& spec,
                                        std::uint64_t seed);

// Narrow-band E-model (ITU-T G.107) from what was measured. No value for a codec without published
// Ie/Bpl constants.
struct Mos {
  double value = 0;        // 1..4.5, MOS-CQE
  std::string_view model;  // "G.107 (narrow-band)"
};
std::optional<Mos> mos_emodel(CodecId codec, double loss_fraction, double burst_ratio,
                              Duration one_way_delay);

}  // namespace lineman
