// Fixed storage for the packets that wait in the jitter buffer: a ring of slots over a ring of
// bytes, in order of arrival, so that a burst of small packets and a few large ones cost the same
// memory. Found by media time. When either ring is full the oldest packets go. Media thread; no
// allocation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace lineman {

// Media time: a position in the sender's audio, unwrapped, in 1/48000 s, which every RTP clock and
// every engine rate divides.
using MediaTime = std::int64_t;
inline constexpr int kMediaRate = 48000;

struct StoredPacket {
  MediaTime begin = 0;
  MediaTime length = 0;  // 0: comfort noise, which lasts until something follows
  std::uint16_t sequence = 0;
  std::uint8_t payload_type = 0;
  bool fec = false, silence = false;
  std::span<const std::uint8_t> data;  // valid until the next add()
  MediaTime end() const { return begin + length; }
};

class PacketStore {
 public:
  static constexpr std::size_t kSlots = 512, kBytes = 36 * 1024, kMaxPacket = 4096;

  bool add(const StoredPacket& packet);  // false: empty or larger than kMaxPacket
  // The packet that holds the audio of `at` (or is comfort noise that begins there), else null.
  const StoredPacket* find(MediaTime at) const;
  const StoredPacket* first_from(MediaTime at) const;  // the earliest that begins at `at` or later
  const StoredPacket* newest() const;                  // the one that begins last
  void remove(const StoredPacket* packet);
  std::size_t drop_before(MediaTime at);  // what has ended by then; how many
  void drop_type(std::uint8_t payload_type);
  void clear();
  bool empty() const { return live_ == 0; }
  std::size_t size() const { return live_; }

 private:
  static constexpr std::size_t kSettleAfter = 4, kSettleUpTo = 4;  // slots

  struct Slot {
    StoredPacket packet;
    bool live = false;
  };
  Slot& slot(std::size_t i) { return slots_[(tail_ + i) % kSlots]; }
  const Slot& slot(std::size_t i) const { return slots_[(tail_ + i) % kSlots]; }
  void kill(Slot& slot);
  void pop();   // the oldest slot, dead or alive
  void trim();  // dead slots at the tail
  void settle();
  std::size_t place(std::size_t size) const;

  std::array<Slot, kSlots> slots_{};
  std::array<std::uint8_t, kBytes> bytes_{};
  std::size_t tail_ = 0, used_ = 0, live_ = 0;
};

}  // namespace lineman
