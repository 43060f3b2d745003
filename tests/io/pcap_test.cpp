#include "lineman/pcap.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <optional>

#include "fakes.h"
#include "io_test.h"
#include "lineman/sim.h"
#include "pcapng.h"

namespace lineman {
namespace {

using std::chrono::milliseconds;

Address at(const char* text) { return Address::parse(text).value(); }

std::uint16_t ones_sum(const Bytes& bytes, std::size_t from = 0) {
  std::uint32_t sum = 0;
  for (std::size_t i = from; i < bytes.size(); ++i) {
    sum += (i - from) % 2 == 0 ? static_cast<std::uint32_t>(bytes[i]) << 8 : bytes[i];
  }
  while (sum >> 16) sum = (sum & 0xFFFF) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

TEST(Pcapng, HeadersAreExact) {
  const std::array<std::uint8_t, 3> payload{'a', 'b', 'c'};
  const Bytes v4 = udp_packet(at("192.0.2.1:4000"), at("198.51.100.7:4002"), payload);
  ASSERT_EQ(v4.size(), 20u + 8 + 3);
  EXPECT_EQ(v4[0], 0x45);
  EXPECT_EQ(v4[3], 31);
  EXPECT_EQ(ones_sum(Bytes(v4.begin(), v4.begin() + 20)), 0xFFFF);  // RFC 1071: sums to all ones
  EXPECT_EQ((Bytes(v4.begin() + 12, v4.begin() + 24)),
            (Bytes{192, 0, 2, 1, 198, 51, 100, 7, 0x0F, 0xA0, 0x0F, 0xA2}));
  Bytes pseudo(v4.begin() + 12, v4.begin() + 20);
  pseudo.insert(pseudo.end(), {0, 17, 0, 11});
  pseudo.insert(pseudo.end(), v4.begin() + 20, v4.end());
  EXPECT_EQ(ones_sum(pseudo), 0xFFFF);

  const Bytes v6 = udp_packet(at("[2001:db8::1]:4000"), at("[2001:db8::2]:4002"), payload);
  ASSERT_EQ(v6.size(), 40u + 8 + 3);
  EXPECT_EQ(v6[0], 0x60);
  EXPECT_EQ(v6[6], 17);
  Bytes pseudo6(v6.begin() + 8, v6.begin() + 40);
  pseudo6.insert(pseudo6.end(), {0, 0, 0, 11, 0, 0, 0, 17});
  pseudo6.insert(pseudo6.end(), v6.begin() + 40, v6.end());
  EXPECT_EQ(ones_sum(pseudo6), 0xFFFF);
}

TEST(Pcapng, BlocksAreAlignedAndSayTheirLengthTwice) {
  Bytes all = pcapng_preamble("lineman");
  const std::array<std::uint8_t, 5> ip{1, 2, 3, 4, 5};
  const Bytes packet = pcapng_packet(ip, 0x0102030405060708, true, "why");
  all.insert(all.end(), packet.begin(), packet.end());
  const auto number = [&](std::size_t i) {
    return all[i] | all[i + 1] << 8 | all[i + 2] << 16 |
           static_cast<std::uint32_t>(all[i + 3]) << 24;
  };
  std::vector<std::uint32_t> types;
  std::size_t i = 0;
  while (i < all.size()) {
    types.push_back(number(i));
    const std::size_t size = number(i + 4);
    ASSERT_EQ(size % 4, 0u);
    ASSERT_LE(i + size, all.size());
    ASSERT_EQ(number(i + size - 4), size);
    i += size;
  }
  EXPECT_EQ(types, (std::vector<std::uint32_t>{0x0A0D0D0A, 1, 6}));
}

TEST(Pcapng, TcpCountsOnInEachDirection) {
  TcpStreams streams;
  const auto a = at("127.0.0.1:5060"), b = at("127.0.0.1:40000");
  const std::array<std::uint8_t, 10> ten{};
  const auto sequence = [](const Bytes& p) { return p[26] << 8 | p[27]; };
  const auto acknowledged = [](const Bytes& p) { return p[30] << 8 | p[31]; };
  EXPECT_EQ(sequence(streams.segment(a, b, ten)), 1);
  EXPECT_EQ(sequence(streams.segment(a, b, ten)), 11);
  const Bytes back = streams.segment(b, a, ten);
  EXPECT_EQ(sequence(back), 1);
  EXPECT_EQ(acknowledged(back), 21);
}

std::string shell(const std::string& command) {
  std::string out;
  FILE* pipe = popen(command.c_str(), "r");
  std::array<char, 4096> block{};
  while (const std::size_t n = fread(block.data(), 1, block.size(), pipe))
    out.append(block.data(), n);
  pclose(pipe);
  return out;
}

std::string invite(const std::string& method, const std::string& transport, int rtp_port) {
  const std::string sdp =
      "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio " +
      std::to_string(rtp_port) + " RTP/AVP 0\r\n";
  return method + " sip:x@192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/" + transport +
         " 192.0.2.1:5070;branch=z9hG4bK1\r\nFrom: <sip:a@192.0.2.1>;tag=1\r\nTo: "
         "<sip:x@192.0.2.2>\r\n"
         "Call-ID: c1\r\nCSeq: 1 " +
         method +
         "\r\nContact: <sip:a@192.0.2.1:5070>\r\nMax-Forwards: 70\r\nContent-Type: "
         "application/sdp\r\n"
         "Content-Length: " +
         std::to_string(sdp.size()) + "\r\n\r\n" + sdp;
}

TEST(Capture, IsWhatWiresharkUnderstands) {
  TempDir dir;
  const auto loop = make_sim_loop();
  const auto writer = make_inline_writer(*loop);
  std::optional<CaptureEnd> end;
  const EventEpoch epoch{{}, 1'700'000'000'000'000'000};
  auto capture = open_capture(*loop, *writer, dir / "x.pcapng", epoch, [&](const CaptureEnd& e) {
                   end = e;
                 }).value();
  capture->sip(TimePoint(milliseconds(1)), true, at("192.0.2.1:5070"), at("192.0.2.2:5060"), "udp",
               invite("INVITE", "UDP", 4000));
  capture->sip(TimePoint(milliseconds(2)), true, at("192.0.2.1:41000"), at("192.0.2.2:5060"), "tcp",
               invite("MESSAGE", "TCP", 4000));
  capture->sip(TimePoint(milliseconds(3)), false, at("[2001:db8::1]:5070"),
               at("[2001:db8::2]:5060"), "udp", invite("OPTIONS", "UDP", 4000));
  auto inner = std::make_unique<FakeTransport>();
  Packet rtp;
  rtp.size = 172;
  rtp.peer = at("192.0.2.2:6000");
  rtp.bytes.fill(0xFF);
  const std::array<std::uint8_t, 12> header{0x80, 0, 0, 1, 0, 0, 0, 160, 1, 2, 3, 4};
  std::copy(header.begin(), header.end(), rtp.bytes.begin());
  rtp.time = TimePoint(milliseconds(30));
  inner->in.push_back(rtp);
  Packet rtcp = rtp;
  rtcp.component = Component::kRtcp;
  rtcp.peer = at("192.0.2.2:6001");
  rtcp.size = 8;
  const std::array<std::uint8_t, 8> report{0x80, 201, 0, 1, 1, 2, 3, 4};
  std::copy(report.begin(), report.end(), rtcp.bytes.begin());
  auto transport = capture->wrap(std::move(inner), at("192.0.2.1:4000"), at("192.0.2.1:4001"));
  Packet got;
  EXPECT_TRUE(transport->receive(got, TimePoint(milliseconds(40))));
  EXPECT_FALSE(transport->receive(got, TimePoint(milliseconds(40))));
  for (int i = 0; i < 2000; ++i) {  // more than its ring holds: it is written as it fills
    rtp.bytes[2] = static_cast<std::uint8_t>(i >> 8);
    rtp.bytes[3] = static_cast<std::uint8_t>(i);
    transport->send(rtp);
  }
  transport->send(rtcp);
  capture.reset();
  loop->run();
  ASSERT_TRUE(end);
  EXPECT_EQ(end->packets, 3u + 1 + 2000 + 1);
  EXPECT_EQ(end->dropped, 0u);
  EXPECT_EQ(end->error, "");
  transport->send(rtp);  // after the end, without harm
  transport.reset();

  if (std::system("command -v tshark >/dev/null 2>&1") != 0)
    GTEST_SKIP() << "tshark is not installed";
  const std::string read = "tshark -n -r " + (dir / "x.pcapng") +
                           " -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE "
                           "-o tcp.check_checksum:TRUE ";
  const auto count = [&](const std::string& filter) {
    const std::string lines = shell(read + "-Y '" + filter + "' 2>/dev/null");
    return std::count(lines.begin(), lines.end(), '\n');
  };
  EXPECT_EQ(count("sip.Method == \"INVITE\" && udp && sdp"), 1);
  EXPECT_EQ(count("sip.Method == \"MESSAGE\" && tcp"), 1);
  EXPECT_EQ(count("sip.Method == \"OPTIONS\" && ipv6"), 1);
  EXPECT_EQ(count("rtp && udp.srcport == 4000"), 2000);  // by the SDP above
  EXPECT_EQ(count("rtcp"), 1);
  EXPECT_EQ(count("_ws.malformed || ip.checksum.status == 0 || udp.checksum.status == 0 || "
                  "tcp.checksum.status == 0"),
            0);
  const std::string first = shell(read + "-c 1 -T fields -e frame.time_epoch 2>/dev/null");
  EXPECT_EQ(first.substr(0, 14), "1700000000.001") << first;
}

TEST(Capture, AFullDiskIsTold) {
  const auto loop = make_sim_loop();
  const auto writer = make_inline_writer(*loop);
  std::optional<CaptureEnd> end;
  auto capture =
      open_capture(*loop, *writer, "/dev/full", {}, [&](const auto& e) { end = e; }).value();
  writer->flush({});
  loop->run();
  ASSERT_TRUE(end);
  EXPECT_NE(end->error.find("No space left"), std::string::npos);
  EXPECT_FALSE(open_capture(*loop, *writer, "/nowhere/x", {}, {}));
}

}  // namespace
}  // namespace lineman
