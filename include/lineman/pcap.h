// Capture (--pcap): what lineman itself sent and received, SIP and RTP, as a pcapng file. No root,
// no packet socket: IP, UDP and TCP headers are made up around the payloads, with correct
// checksums, so that Wireshark follows the call (draft-ietf-opsawg-pcapng, LINKTYPE_RAW).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lineman/engine.h"
#include "lineman/event.h"
#include "lineman/writer.h"

namespace lineman {

struct CaptureEnd {
  std::uint64_t packets = 0, dropped = 0;
  std::string error;
};

struct Capture {
  virtual ~Capture() = default;  // Control; closes the file when Writer has written the rest
  // One SIP message, Control. `transport`: "udp" or "tcp" (and "tls", written as tcp).
  virtual void sip(TimePoint time, bool sent, const Address& local, const Address& peer,
                   std::string_view transport, std::string_view text) = 0;
  // A transport (made on Control, used on the one Media thread) that copies what passes it.
  virtual std::unique_ptr<PacketTransport> wrap(std::unique_ptr<PacketTransport> transport,
                                                const Address& rtp, const Address& rtcp) = 0;
};

// `epoch` turns TimePoints into the file's UTC. `done` comes by Loop::post after the end, or as
// soon as the file cannot be written.
Result<std::unique_ptr<Capture>> open_capture(Loop& loop, Writer& writer, const std::string& path,
                                              const EventEpoch& epoch,
                                              std::function<void(const CaptureEnd&)> done);

}  // namespace lineman
