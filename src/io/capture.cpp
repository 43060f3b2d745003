// open_capture (lineman/pcap.h): SIP from Control and RTP from Media, each through its own queue,
// to one pcapng file that Writer fills, ordered by time as far as one service reaches.
#include <algorithm>
#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "lineman/pcap.h"
#include "lineman/spsc_ring.h"
#include "output_file.h"
#include "pcapng.h"

namespace lineman {
namespace {

constexpr std::size_t kMediaHeld = 1024;  // packets: 100 ms of 100 calls
constexpr std::size_t kSipHeld = 4096;
constexpr Duration kService = std::chrono::milliseconds(100);

struct MediaRecord {
  bool sent = false;
  Address local;
  Packet packet;
};

struct SipRecord {
  TimePoint time{};
  bool sent = false;
  Address local, peer;
  std::string transport, text;
};

struct Queues {
  SpscRing<MediaRecord> media{kMediaHeld};
  std::atomic<std::uint64_t> dropped{0};
  std::atomic<bool> closed{false}, failed{false};
  std::mutex mutex;  // guards sip: Control and Writer only
  std::vector<SipRecord> sip;
};

class CapturingTransport final : public PacketTransport {
 public:
  CapturingTransport(std::unique_ptr<PacketTransport> inner, const Address& rtp,
                     const Address& rtcp, std::shared_ptr<Queues> queues,
                     std::shared_ptr<WriterWake> wake)
      : inner_(std::move(inner)),
        rtp_(rtp),
        rtcp_(rtcp),
        queues_(std::move(queues)),
        wake_(std::move(wake)) {}

  bool receive(Packet& out, TimePoint now) override {
    now_ = now;
    if (!inner_->receive(out, now)) return false;
    copy(out, false, out.time);
    return true;
  }
  void send(const Packet& packet) override {
    inner_->send(packet);
    copy(packet, true, now_);
  }
  TransportCounters counters() const override { return inner_->counters(); }

 private:
  void copy(const Packet& packet, bool sent, TimePoint time) {
    if (queues_->failed.load(std::memory_order_relaxed)) return;
    auto& ring = queues_->media;
    MediaRecord record;
    record.sent = sent;
    record.local = packet.component == Component::kRtp ? rtp_ : rtcp_;
    record.packet.component = packet.component;
    record.packet.peer = packet.peer;
    record.packet.time = time;
    record.packet.size = packet.size;
    std::copy_n(packet.bytes.begin(), packet.size, record.packet.bytes.begin());
    if (!ring.push(record)) queues_->dropped.fetch_add(1, std::memory_order_relaxed);
    // Once, as it passes the middle.
    if (ring.size_approx() == ring.capacity() / 2) wake_->wake();
  }

  std::unique_ptr<PacketTransport> inner_;
  Address rtp_, rtcp_;
  std::shared_ptr<Queues> queues_;
  std::shared_ptr<WriterWake> wake_;
  TimePoint now_{};
};

class CaptureJob final : public WriterJob {
 public:
  CaptureJob(OutputFile file, std::shared_ptr<Queues> queues, const EventEpoch& epoch,
             std::function<void(const CaptureEnd&)> done)
      : file_(std::move(file)), queues_(std::move(queues)), epoch_(epoch), done_(std::move(done)) {
    buffer_ = pcapng_preamble("lineman");
  }

  bool service(TimePoint, bool final) override {
    if (ended_) return false;
    const bool closing = queues_->closed.load() || final;
    bool all = false;
    do {
      all = take();
      const std::size_t n = file_.write(std::as_bytes(std::span(buffer_)));
      buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(n));
    } while (!all && buffer_.empty());
    if (file_.error()) return finish(file_.error_text());
    if (closing && buffer_.empty()) return finish("");
    if (final) return finish(file_.name() + " was not read to its end");
    return true;
  }
  Duration interval() const override { return kService; }
  bool pending() const override { return queues_->closed.load(); }

 private:
  struct Block {
    TimePoint time;
    Bytes bytes;
  };

  // False: something was left in the queues, because the file's reader is slow.
  bool take() {
    if (buffer_.size() > 1 << 20) return false;
    std::vector<SipRecord> sip;
    {
      const std::lock_guard lock(queues_->mutex);
      sip.swap(queues_->sip);
    }
    std::vector<Block> blocks;
    for (const SipRecord& record : sip) {
      const auto& from = record.sent ? record.local : record.peer;
      const auto& to = record.sent ? record.peer : record.local;
      const std::span payload(reinterpret_cast<const std::uint8_t*>(record.text.data()),
                              record.text.size());
      add(blocks, record.time, record.sent,
          record.transport == "udp" ? udp_packet(from, to, payload)
                                    : tcp_.segment(from, to, payload));
    }
    for (; const MediaRecord* record = queues_->media.front(); queues_->media.pop_front()) {
      const auto& from = record->sent ? record->local : record->packet.peer;
      const auto& to = record->sent ? record->packet.peer : record->local;
      add(blocks, record->packet.time, record->sent, udp_packet(from, to, record->packet.data()));
    }
    std::stable_sort(blocks.begin(), blocks.end(),
                     [](const Block& a, const Block& b) { return a.time < b.time; });
    for (const Block& block : blocks) {
      buffer_.insert(buffer_.end(), block.bytes.begin(), block.bytes.end());
    }
    return true;
  }

  void add(std::vector<Block>& blocks, TimePoint time, bool sent, const Bytes& ip) {
    const std::int64_t utc = epoch_.utc_nanoseconds + (time - epoch_.start).count();
    blocks.push_back({time, pcapng_packet(ip, utc, sent)});
    ++end_.packets;
  }

  bool finish(const std::string& error) {
    ended_ = true;
    queues_->failed.store(true);
    file_.close();
    end_.dropped = queues_->dropped.load();
    end_.error = error;
    if (done_) done_(end_);
    return false;
  }

  OutputFile file_;
  std::shared_ptr<Queues> queues_;
  EventEpoch epoch_;
  std::function<void(const CaptureEnd&)> done_;
  TcpStreams tcp_;
  Bytes buffer_;
  CaptureEnd end_;
  bool ended_ = false;
};

class FileCapture final : public Capture {
 public:
  FileCapture(std::shared_ptr<Queues> queues, std::shared_ptr<WriterWake> wake)
      : queues_(std::move(queues)), wake_(std::move(wake)) {}
  ~FileCapture() override {
    queues_->closed.store(true);
    wake_->wake();
  }

  void sip(TimePoint time, bool sent, const Address& local, const Address& peer,
           std::string_view transport, std::string_view text) override {
    if (!local || local.family != peer.family) return;
    const std::lock_guard lock(queues_->mutex);
    if (queues_->failed.load()) return;
    if (queues_->sip.size() >= kSipHeld) {
      queues_->dropped.fetch_add(1);
      return;
    }
    queues_->sip.push_back({time, sent, local, peer, std::string(transport), std::string(text)});
  }

  std::unique_ptr<PacketTransport> wrap(std::unique_ptr<PacketTransport> transport,
                                        const Address& rtp, const Address& rtcp) override {
    return std::make_unique<CapturingTransport>(std::move(transport), rtp, rtcp, queues_, wake_);
  }

 private:
  std::shared_ptr<Queues> queues_;
  std::shared_ptr<WriterWake> wake_;
};

}  // namespace

Result<std::unique_ptr<Capture>> open_capture(Loop& loop, Writer& writer, const std::string& path,
                                              const EventEpoch& epoch,
                                              std::function<void(const CaptureEnd&)> done) {
  auto file = OutputFile::open(path);
  if (!file) return tl::make_unexpected(file.error());
  auto queues = std::make_shared<Queues>();
  writer.attach(std::make_shared<CaptureJob>(
      std::move(*file), queues, epoch, [&loop, done = std::move(done)](const CaptureEnd& end) {
        if (done) loop.post([done, end] { done(end); });
      }));
  return std::make_unique<FileCapture>(std::move(queues), writer.waker());
}

}  // namespace lineman
