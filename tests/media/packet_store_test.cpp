#include "packet_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

namespace lineman {
namespace {

StoredPacket packet(MediaTime begin, MediaTime length, std::span<const std::uint8_t> data) {
  StoredPacket p;
  p.begin = begin;
  p.length = length;
  p.data = data;
  return p;
}

TEST(PacketStore, FindsByMediaTime) {
  const auto store = std::make_unique<PacketStore>();
  const std::vector<std::uint8_t> data(160, 1);
  EXPECT_TRUE(store->add(packet(2000, 960, data)));
  EXPECT_TRUE(store->add(packet(0, 960, data)));
  EXPECT_TRUE(store->add(packet(5000, 0, data)));
  EXPECT_EQ(store->find(0)->begin, 0);
  EXPECT_EQ(store->find(959)->begin, 0);
  EXPECT_EQ(store->find(960), nullptr);
  EXPECT_EQ(store->find(5000)->length, 0);
  EXPECT_EQ(store->find(5001), nullptr);
  EXPECT_EQ(store->first_from(1)->begin, 2000);
  EXPECT_EQ(store->newest()->begin, 5000);
  store->remove(store->find(2000));
  EXPECT_EQ(store->first_from(1)->begin, 5000);
  EXPECT_EQ(store->drop_before(5000), 1u);
  EXPECT_EQ(store->size(), 1u);
  EXPECT_FALSE(store->empty());
}

TEST(PacketStore, RefusesNothingAndTooMuch) {
  const auto store = std::make_unique<PacketStore>();
  const std::vector<std::uint8_t> data(PacketStore::kMaxPacket + 1);
  EXPECT_FALSE(store->add(packet(0, 960, {})));
  EXPECT_FALSE(store->add(packet(0, 960, data)));
  EXPECT_TRUE(store->add(packet(0, 960, std::span(data).first(PacketStore::kMaxPacket))));
}

// As a call does it: a few wait, the oldest goes as a new one comes. The rings settle meanwhile.
TEST(PacketStore, AFewThatWaitStayIntact) {
  const auto store = std::make_unique<PacketStore>();
  std::mt19937 random(4);
  const auto bytes_of = [](MediaTime begin) {
    std::vector<std::uint8_t> data(100 + static_cast<std::size_t>(begin / 960 % 7) * 200);
    for (std::size_t i = 0; i < data.size(); ++i) {
      data[i] = static_cast<std::uint8_t>(begin / 960 + static_cast<MediaTime>(i));
    }
    return data;
  };
  MediaTime first = 0, next = 0;
  for (int i = 0; i < 20000; i++) {
    ASSERT_TRUE(store->add(packet(next, 960, bytes_of(next))));
    next += 960;
    while (store->size() > 1 + random() % 7) {
      store->remove(store->find(first));
      first += 960;
    }
    ASSERT_EQ(store->size(), static_cast<std::size_t>((next - first) / 960));
    for (MediaTime at = first; at < next; at += 960) {
      const StoredPacket* found = store->find(at);
      ASSERT_NE(found, nullptr);
      const auto expected = bytes_of(at);
      ASSERT_TRUE(
          std::equal(found->data.begin(), found->data.end(), expected.begin(), expected.end()))
          << i;
    }
  }
}

// Against a model: what is in the store is a suffix of what was added, less what was removed, and
// its bytes are intact.
TEST(PacketStore, KeepsTheNewestIntact) {
  const auto store = std::make_unique<PacketStore>();
  std::mt19937 random(9);
  std::vector<std::pair<MediaTime, std::vector<std::uint8_t>>> model;
  for (int i = 0; i < 20000; i++) {
    const std::size_t most = i / 1000 % 3 == 0 ? 8 : i / 1000 % 3 == 1 ? 400 : 4096;
    std::vector<std::uint8_t> data(1 + random() % most);
    for (auto& b : data) b = static_cast<std::uint8_t>(random());
    ASSERT_TRUE(store->add(packet(i * 960, 960, data)));
    model.emplace_back(i * 960, data);
    while (random() % 3 == 0 && !store->empty()) {
      const auto gone = model.begin() + static_cast<long>(random() % model.size());
      if (const StoredPacket* p = store->find(gone->first)) store->remove(p);
      model.erase(gone);
    }
    while (model.size() > store->size()) {
      ASSERT_EQ(store->find(model.front().first), nullptr);
      model.erase(model.begin());
    }
    ASSERT_EQ(model.size(), store->size());
    if (i % 50) continue;
    for (const auto& [begin, bytes] : model) {
      const StoredPacket* p = store->find(begin);
      ASSERT_NE(p, nullptr);
      ASSERT_TRUE(std::equal(bytes.begin(), bytes.end(), p->data.begin(), p->data.end()));
    }
  }
}

}  // namespace
}  // namespace lineman
