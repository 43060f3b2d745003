// A queue of fixed capacity for one thread: storage is made once, push and pop do not allocate.
// Slots of plain data stay uninitialised until they are used, so that their pages cost nothing
// before.
#pragma once

#include <cstddef>
#include <memory>

namespace lineman {

template <class T>
class Ring {
 public:
  explicit Ring(std::size_t capacity)
      : capacity_(capacity), items_(std::make_unique_for_overwrite<T[]>(capacity)) {}

  bool empty() const { return count_ == 0; }
  bool full() const { return count_ == capacity_; }
  std::size_t size() const { return count_; }
  T& front() { return items_[first_]; }
  const T& front() const { return items_[first_]; }
  // An empty ring starts over, so that one which is emptied at once stays within a few cache lines.
  void pop() { first_ = --count_ == 0 ? 0 : (first_ + 1) % capacity_; }
  // The slot behind the last item, to be filled in place and committed; null when full.
  T* slot() { return full() ? nullptr : &items_[(first_ + count_) % capacity_]; }
  void commit() { ++count_; }
  bool push(const T& item) {
    T* free = slot();
    if (!free) return false;
    *free = item;
    commit();
    return true;
  }
  void clear() { first_ = count_ = 0; }

 private:
  std::size_t capacity_;
  std::unique_ptr<T[]> items_;
  std::size_t first_ = 0, count_ = 0;
};

}  // namespace lineman
