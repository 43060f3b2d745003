// Streams of RFC 4733 payloads: timestamps, delays and payloads all hostile.
#include <algorithm>
#include <cstdlib>

#include "dtmf.h"

using namespace lineman;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  DtmfReceiver receiver;
  TimePoint now{};
  std::size_t packets = 0, digits = 0;
  const int clock = size % 3 == 0 ? 8000 : size % 3 == 1 ? 16000 : 48000;
  for (std::size_t at = 0; at + 6 <= size;) {
    // A control byte (length), a delay, a timestamp, then the payload.
    const std::size_t length = std::min<std::size_t>(data[at] & 15, size - at - 6);
    now += std::chrono::milliseconds(data[at + 1]);
    const std::uint32_t timestamp =
        std::uint32_t{data[at + 2]} << 24 | data[at + 3] << 16 | data[at + 4] << 8 | data[at + 5];
    receiver.on_packet(timestamp, {data + at + 6, length}, clock, now);
    packets += 1 + length / DtmfPayload::kSize;
    if (data[at] & 0x10) receiver.reset(now);
    receiver.on_timeout(now);
    if (receiver.next_timeout() <= now) std::abort();
    for (MediaEvent e; receiver.next_event(e); ++digits) {
      if (e.duration < Duration{} || e.duration > DtmfReceiver::kLongest) std::abort();
      if (!dtmf_event(e.digit)) std::abort();
    }
    at += 6 + length;
  }
  if (digits > packets) std::abort();  // never more digits than packets
  return 0;
}
