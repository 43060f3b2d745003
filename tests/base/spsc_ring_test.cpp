#include "lineman/spsc_ring.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <thread>

namespace lineman {
namespace {

TEST(SpscRing, FirstInFirstOutUntilFull) {
  SpscRing<int> ring(4);
  EXPECT_EQ(ring.capacity(), 4u);
  int out = -1;
  EXPECT_FALSE(ring.pop(out));
  EXPECT_EQ(out, -1);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(ring.push(i));
  EXPECT_FALSE(ring.push(99));
  EXPECT_EQ(ring.size_approx(), 4u);
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(ring.pop(out));
    EXPECT_EQ(out, i);
  }
  EXPECT_FALSE(ring.pop(out));
  EXPECT_EQ(ring.size_approx(), 0u);
}

TEST(SpscRing, RoundsCapacityUp) {
  EXPECT_EQ(SpscRing<int>(0).capacity(), 1u);
  EXPECT_EQ(SpscRing<int>(5).capacity(), 8u);
}

TEST(SpscRing, WrapsManyTimes) {
  SpscRing<int> ring(4);
  int next = 0;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(ring.push(3 * i));
    ASSERT_TRUE(ring.push(3 * i + 1));
    ASSERT_TRUE(ring.push(3 * i + 2));
    for (int k = 0; k < 3; ++k) ASSERT_EQ(ring.pop(), next++);
  }
}

TEST(SpscRing, MovesAndKeepsWhatDidNotFit) {
  struct OnlyMove {
    std::unique_ptr<int> value;
    explicit OnlyMove(int v) : value(std::make_unique<int>(v)) {}  // no default constructor
  };
  SpscRing<OnlyMove> ring(1);
  ASSERT_TRUE(ring.emplace(1));
  OnlyMove second(2);
  EXPECT_FALSE(ring.push(std::move(second)));
  ASSERT_TRUE(second.value);  // still ours
  EXPECT_EQ(*ring.pop()->value, 1);
  EXPECT_TRUE(ring.push(std::move(second)));
  EXPECT_EQ(second.value, nullptr);
}

TEST(SpscRing, LooksAtTheFrontInPlace) {
  SpscRing<std::string> ring(2);
  EXPECT_EQ(ring.front(), nullptr);
  ring.push("a");
  ring.push("b");
  ASSERT_NE(ring.front(), nullptr);
  EXPECT_EQ(*ring.front(), "a");
  EXPECT_EQ(ring.size_approx(), 2u);
  ring.pop_front();
  EXPECT_EQ(*ring.front(), "b");
}

TEST(SpscRing, DestroysWhatIsLeftExactlyOnce) {
  const auto counted = std::make_shared<int>(0);
  {
    SpscRing<std::shared_ptr<int>> ring(8);
    for (int i = 0; i < 6; ++i) ring.push(counted);
    ring.pop();
    EXPECT_EQ(counted.use_count(), 6);
  }
  EXPECT_EQ(counted.use_count(), 1);
}

// Under TSan this also proves that the payload's memory is published with its index.
TEST(SpscRing, TwoThreadsLoseAndReorderNothing) {
  constexpr std::uint64_t kItems = 200'000;
  struct Item {
    std::uint64_t number, copies[7];
  };
  SpscRing<Item> ring(64);
  std::thread producer([&] {
    for (std::uint64_t i = 0; i < kItems;) {
      if (ring.push(Item{i, {i, i, i, i, i, i, i}}))
        ++i;
      else
        std::this_thread::yield();
    }
  });
  bool sound = true;
  for (std::uint64_t i = 0; i < kItems;) {
    Item item;
    if (!ring.pop(item)) {
      std::this_thread::yield();
      continue;
    }
    sound = sound && item.number == i && ring.size_approx() <= ring.capacity();
    for (const auto copy : item.copies) sound = sound && copy == i;
    ++i;
  }
  producer.join();
  EXPECT_TRUE(sound);
  EXPECT_EQ(ring.size_approx(), 0u);
}

}  // namespace
}  // namespace lineman
