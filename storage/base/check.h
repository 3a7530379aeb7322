// Assertions for our own bugs. CHECK stays in release builds; DCHECK is for code that runs per
// packet. A failed check ends the process: what it was writing is in memory that outlives it.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace opptak {

[[noreturn]] inline void check_failed(const char* condition, const char* file, int line) noexcept {
  std::fprintf(stderr, "opptak: check failed: %s at %s:%d\n", condition, file, line);
  std::abort();
}

}  // namespace opptak

#define CHECK(condition)                               \
  (static_cast<bool>(condition) ? static_cast<void>(0) \
                                : ::opptak::check_failed(#condition, __FILE__, __LINE__))

#ifdef NDEBUG
#define DCHECK(condition) static_cast<void>(0)
#else
#define DCHECK(condition) CHECK(condition)
#endif
