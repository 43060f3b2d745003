// Counts the heap allocations of this thread: malloc and its kin, and with it operator new.
//
//   AllocationCounter counter;
//   decoder->decode(payload, out);
//   EXPECT_EQ(counter.count(), 0u);
//
// Under a sanitizer its own hooks count; otherwise the malloc family is interposed, so that what C
// libraries do is seen too. Including this header is enough.
#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LINEMAN_SANITIZER_HOOKS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LINEMAN_SANITIZER_HOOKS 1
#endif
#endif

namespace lineman::testing {

inline thread_local std::size_t allocations = 0;

}  // namespace lineman::testing

#ifdef LINEMAN_SANITIZER_HOOKS

extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*malloc_hook)(const volatile void*,
                                                                             std::size_t),
                                                         void (*free_hook)(const volatile void*));

namespace lineman::testing {
inline void on_malloc(const volatile void*, std::size_t) { ++allocations; }
inline void on_free(const volatile void*) {}
inline const int hooks_installed = __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);
}  // namespace lineman::testing

#else

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

#define LINEMAN_INTERPOSE extern "C" __attribute__((weak, used))

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
}

LINEMAN_INTERPOSE void* malloc(std::size_t n) noexcept {
  ++lineman::testing::allocations;
  return __libc_malloc(n);
}
LINEMAN_INTERPOSE void* calloc(std::size_t n, std::size_t size) noexcept {
  ++lineman::testing::allocations;
  return __libc_calloc(n, size);
}
LINEMAN_INTERPOSE void* realloc(void* p, std::size_t n) noexcept {
  ++lineman::testing::allocations;
  return __libc_realloc(p, n);
}
LINEMAN_INTERPOSE void* aligned_alloc(std::size_t alignment, std::size_t n) noexcept {
  ++lineman::testing::allocations;
  return __libc_memalign(alignment, n);
}
LINEMAN_INTERPOSE void* memalign(std::size_t alignment, std::size_t n) noexcept {
  ++lineman::testing::allocations;
  return __libc_memalign(alignment, n);
}
LINEMAN_INTERPOSE int posix_memalign(void** p, std::size_t alignment, std::size_t n) noexcept {
  ++lineman::testing::allocations;
  *p = __libc_memalign(alignment, n);
  return *p ? 0 : ENOMEM;
}

#undef LINEMAN_INTERPOSE

#endif

namespace lineman::testing {

class AllocationCounter {
 public:
  AllocationCounter() : start_(allocations) {}
  AllocationCounter(const AllocationCounter&) = delete;
  AllocationCounter& operator=(const AllocationCounter&) = delete;
  std::size_t count() const { return allocations - start_; }

 private:
  std::size_t start_;
};

}  // namespace lineman::testing
