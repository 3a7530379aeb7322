// Time, as every layer sees it: nanoseconds of Unix time in a type of its own. In a replay "now"
// is the capture's time, so nothing below main() may ask the system for it: it is passed in.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace opptak {

struct UnixNs {
  std::int64_t value = 0;  // Nanoseconds since 1970-01-01T00:00:00Z; 0 means "not known".

  auto operator<=>(const UnixNs&) const = default;
  [[nodiscard]] bool known() const noexcept { return value != 0; }
};

inline constexpr std::int64_t kNsPerUs = 1'000;
inline constexpr std::int64_t kNsPerMs = 1'000'000;
inline constexpr std::int64_t kNsPerSecond = 1'000'000'000;

[[nodiscard]] inline UnixNs operator+(UnixNs time, std::int64_t ns) noexcept {
  return {time.value + ns};
}
[[nodiscard]] inline std::int64_t operator-(UnixNs later, UnixNs earlier) noexcept {
  return later.value - earlier.value;
}

// RFC 3339 in UTC with microseconds: "2026-11-24T18:15:44.000123Z".
[[nodiscard]] std::string format_rfc3339(UnixNs time);

// The system's wall clock. Called by main loops and at the edge, never by libraries.
[[nodiscard]] UnixNs system_now() noexcept;

}  // namespace opptak
