// RTCP compound packets.
#include <cstdlib>
#include <string>

#include "rtcp.h"

using namespace lineman;

namespace {

struct Reader : RtcpVisitor {
  std::size_t visits = 0, text = 0;
  void report(std::uint32_t, const RtcpSenderInfo* sender) override {
    ++visits;
    if (sender) text += sender->octets & 1;
  }
  void block(std::uint32_t, const RtcpReportBlock& b) override {
    ++visits;
    if (b.reception.lost < -0x800000 || b.reception.lost > 0x7fffff) std::abort();
    const auto rtt = round_trip(b, TimePoint(std::chrono::seconds(1000)));
    if (rtt && (*rtt < Duration{} || *rtt > std::chrono::seconds(61))) std::abort();
  }
  // The copies touch every byte.
  void cname(std::uint32_t, std::string_view s) override { text += std::string(s).size(); }
  void bye(std::uint32_t, std::string_view s) override {
    ++visits;
    text += std::string(s).size();
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Reader reader;
  const bool rtcp = parse_rtcp({data, size}, reader);
  if (!rtcp && (reader.visits || reader.text)) std::abort();
  return 0;
}
