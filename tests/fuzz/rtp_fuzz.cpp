// RTP packets, and the state of a source under any order of sequence numbers.
#include <cstdlib>

#include "rtp.h"

using namespace lineman;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::uint8_t> bytes(data, size);
  if (const auto view = parse_rtp(bytes)) {
    // The payload lies within the packet, and what was read can be written again.
    if (view->payload.size() + RtpHeader::kSize > size) std::abort();
    std::uint8_t out[RtpHeader::kSize];
    write_rtp_header(view->header, out);
    const auto again = parse_rtp(out);
    if (!again || again->header.sequence != view->header.sequence ||
        again->header.timestamp != view->header.timestamp ||
        again->header.ssrc != view->header.ssrc || again->header.marker != view->header.marker ||
        again->header.payload_type != view->header.payload_type) {
      std::abort();
    }
    if (!view->payload.empty() && view->payload.data() + view->payload.size() > data + size) {
      std::abort();
    }
  }
  // The same bytes as sequence numbers and timestamps.
  RtpSource source;
  source.start(1, 0);
  for (std::size_t i = 0; i + 6 <= size; i += 6) {
    const auto sequence = static_cast<std::uint16_t>(data[i] << 8 | data[i + 1]);
    const auto fate = source.update(sequence);
    if (fate == RtpSource::Fate::kJump) source.start(1, sequence);
    const std::uint32_t timestamp = std::uint32_t{data[i + 2]} << 24 | data[i + 3] << 16;
    source.arrived(TimePoint(std::chrono::milliseconds(data[i + 4] * 257 * data[i + 5])), timestamp,
                   data[i + 5] & 1 ? 8000 : 48000);
    if (source.jitter() < Duration{}) std::abort();
    if (i % 36 == 0) source.report();
  }
  return 0;
}
