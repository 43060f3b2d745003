// A queue of fixed capacity for one thread: storage is made once, push and pop do not allocate.
#pragma once

#include <cstddef>
#include <vector>

namespace lineman {

template <class T>
class Ring {
 public:
  explicit Ring(std::size_t capacity) : items_(capacity) {}

  bool empty() const { return count_ == 0; }
  bool full() const { return count_ == items_.size(); }
  std::size_t size() const { return count_; }
  T& front() { return items_[first_]; }
  const T& front() const { return items_[first_]; }
  void pop() {
    first_ = (first_ + 1) % items_.size();
    --count_;
  }
  // The slot behind the last item, to be filled in place and committed; null when full.
  T* slot() { return full() ? nullptr : &items_[(first_ + count_) % items_.size()]; }
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
  std::vector<T> items_;
  std::size_t first_ = 0, count_ = 0;
};

}  // namespace lineman
