#include "packet_store.h"

#include <algorithm>

namespace lineman {

namespace {
constexpr std::size_t kNoRoom = PacketStore::kBytes;
}

// Where `size` bytes fit behind the newest packet without touching the oldest; packets are never
// split, so the end of the ring may stay unused.
std::size_t PacketStore::place(std::size_t size) const {
  if (used_ == 0) return 0;
  const auto offset = [this](const Slot& s) {
    return static_cast<std::size_t>(s.packet.data.data() - bytes_.data());
  };
  const std::size_t tail = offset(slot(0));
  const Slot& last = slot(used_ - 1);
  const std::size_t head = offset(last) + last.packet.data.size();
  if (head > tail) {
    if (head + size <= kBytes) return head;
    return size < tail ? 0 : kNoRoom;
  }
  return head + size < tail ? head : kNoRoom;
}

// Few packets wait, but both rings go round: moved back to the start now and then, they stay within
// a few cache lines (of a hundred calls that is what fits into a cache or does not).
void PacketStore::settle() {
  if (tail_ < kSettleAfter || used_ > kSettleUpTo || tail_ + used_ > kSlots) return;
  std::size_t to = 0;
  const std::uint8_t* before = nullptr;
  for (std::size_t i = 0; i < used_; i++) {
    const std::uint8_t* at = slot(i).packet.data.data();
    if (before && at < before) return;  // it wraps: another time
    before = at;
  }
  for (std::size_t i = 0; i < used_; i++) {
    slots_[i] = slot(i);
    auto& data = slots_[i].packet.data;
    std::copy(data.begin(), data.end(), bytes_.begin() + static_cast<long>(to));
    data = {bytes_.data() + to, data.size()};
    to += data.size();
  }
  tail_ = 0;
}

bool PacketStore::add(const StoredPacket& packet) {
  const std::size_t size = packet.data.size();
  if (size == 0 || size > kMaxPacket) return false;
  settle();
  if (used_ == kSlots) pop();
  std::size_t at = place(size);
  while (at == kNoRoom) {
    pop();
    at = place(size);
  }
  std::copy(packet.data.begin(), packet.data.end(), bytes_.begin() + static_cast<long>(at));
  Slot& s = slot(used_);
  s.packet = packet;
  s.packet.data = {bytes_.data() + at, size};
  s.live = true;
  used_++;
  live_++;
  return true;
}

const StoredPacket* PacketStore::find(MediaTime at) const {
  for (std::size_t i = 0; i < used_; i++) {
    const Slot& s = slot(i);
    if (!s.live || s.packet.begin > at) continue;
    if (at < s.packet.end() || (s.packet.length == 0 && s.packet.begin == at)) return &s.packet;
  }
  return nullptr;
}

const StoredPacket* PacketStore::first_from(MediaTime at) const {
  const StoredPacket* best = nullptr;
  for (std::size_t i = 0; i < used_; i++) {
    const Slot& s = slot(i);
    if (s.live && s.packet.begin >= at && (!best || s.packet.begin < best->begin)) best = &s.packet;
  }
  return best;
}

const StoredPacket* PacketStore::newest() const {
  const StoredPacket* best = nullptr;
  for (std::size_t i = 0; i < used_; i++) {
    const Slot& s = slot(i);
    if (s.live && (!best || s.packet.begin > best->begin)) best = &s.packet;
  }
  return best;
}

void PacketStore::remove(const StoredPacket* packet) {
  for (std::size_t i = 0; i < used_; i++) {
    Slot& s = slot(i);
    if (&s.packet != packet || !s.live) continue;
    kill(s);
    break;
  }
  trim();
}

std::size_t PacketStore::drop_before(MediaTime at) {
  const std::size_t before = live_;
  for (std::size_t i = 0; i < used_; i++) {
    Slot& s = slot(i);
    if (!s.live || s.packet.begin >= at || s.packet.end() > at) continue;
    kill(s);
  }
  trim();
  return before - live_;
}

void PacketStore::drop_type(std::uint8_t payload_type) {
  for (std::size_t i = 0; i < used_; i++)
    if (Slot& s = slot(i); s.live && s.packet.payload_type == payload_type) kill(s);
  trim();
}

void PacketStore::clear() {
  for (Slot& s : slots_) s.live = false;
  tail_ = used_ = live_ = 0;
}

void PacketStore::kill(Slot& s) {
  s.live = false;
  live_--;
}

void PacketStore::pop() {
  if (slot(0).live) kill(slot(0));
  tail_ = (tail_ + 1) % kSlots;
  used_--;
}

void PacketStore::trim() {
  while (used_ > 0 && !slot(0).live) pop();
}

}  // namespace lineman
