// SpscRing<T>: a lock-free queue of fixed capacity between exactly two threads: one pushes, one
// pops. It allocates when it is made and never again, and neither side ever waits for the other. An
// eventfd beside it, where one is wanted, belongs to its owner.
//
// Each side keeps a stale copy of the other's index and looks again only when the copy says full or
// empty, so that the cache line of an index moves between the cores as seldom as possible.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

namespace lineman {

template <class T>
class SpscRing {
 public:
  // Capacity is rounded up to a power of two.
  explicit SpscRing(std::size_t capacity)
      : mask_(std::bit_ceil(capacity < 1 ? std::size_t{1} : capacity) - 1),
        slots_(std::allocator<T>().allocate(mask_ + 1)) {}
  SpscRing(const SpscRing&) = delete;
  SpscRing& operator=(const SpscRing&) = delete;
  ~SpscRing() {
    while (T* item = front()) drop(item);
    std::allocator<T>().deallocate(slots_, mask_ + 1);
  }

  // Producer. False: full, and `item` is untouched.
  bool push(T&& item) { return emplace(std::move(item)); }
  bool push(const T& item) { return emplace(item); }
  template <class... Args>
  bool emplace(Args&&... args) {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - seen_head_ > mask_) {
      seen_head_ = head_.load(std::memory_order_acquire);
      if (tail - seen_head_ > mask_) return false;
    }
    std::construct_at(slots_ + (tail & mask_), std::forward<Args>(args)...);
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

  // Consumer. False: empty, and `out` is untouched.
  bool pop(T& out) {
    T* item = front();
    if (!item) return false;
    out = std::move(*item);
    drop(item);
    return true;
  }
  std::optional<T> pop() {
    T* item = front();
    if (!item) return std::nullopt;
    std::optional<T> out(std::move(*item));
    drop(item);
    return out;
  }
  // The oldest item where it lies, or nullptr; drop it with pop_front(). For items too big to move.
  T* front() {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    if (head == seen_tail_) {
      seen_tail_ = tail_.load(std::memory_order_acquire);
      if (head == seen_tail_) return nullptr;
    }
    return slots_ + (head & mask_);
  }
  void pop_front() { drop(slots_ + (head_.load(std::memory_order_relaxed) & mask_)); }

  // Either side, or a third for statistics: a count that was true a moment ago.
  std::size_t size_approx() const {
    const std::size_t head = head_.load(std::memory_order_acquire);
    const std::size_t count = tail_.load(std::memory_order_acquire) - head;
    return count > mask_ ? mask_ + 1 : count;  // the consumer may have moved between the two loads
  }
  std::size_t capacity() const { return mask_ + 1; }

 private:
  static constexpr std::size_t kCacheLine = 64;

  void drop(T* item) {
    std::destroy_at(item);
    head_.store(head_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

  const std::size_t mask_;
  T* const slots_;
  // Indices count up for ever and wrap with size_t; tail - head is always the number of items.
  alignas(kCacheLine) std::atomic<std::size_t> head_{0};  // written by the consumer
  std::size_t seen_tail_ = 0;                             // the consumer's copy
  alignas(kCacheLine) std::atomic<std::size_t> tail_{0};  // written by the producer
  std::size_t seen_head_ = 0;                             // the producer's copy
};

}  // namespace lineman
