// What the HTTP server counts. Server and handlers: write; control/metrics: read, at any time.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace opptak::control::http {

using Counter = std::atomic<std::uint64_t>;

// Every route of the router has an index below this (router.h); the last is "no route".
inline constexpr std::size_t kRoutesMax = 48;

struct HttpStats {
  // [route][status class 1..5]: requests answered.
  std::array<std::array<Counter, 6>, kRoutesMax> requests{};
  Counter connections_accepted{0};
  Counter connections_refused{0};    // Above connections_max.
  Counter connections_open{0};       // Gauge.
  Counter connections_timed_out{0};  // Slow clients cut: header, body, answer or idle.
  Counter requests_malformed{0};     // Not HTTP, or header or body above its limit.
  Counter logins{0};
  Counter logins_failed{0};
  Counter requests_refused{0};  // Not logged in, not allowed, or of another origin.
  Counter erasures{0};
  Counter audio_bytes{0};     // Handed to the network.
  Counter feeds_open{0};      // Gauge: WebSockets.
  Counter feeds_too_slow{0};  // Closed since their bounded queue was full.
};

inline void count(Counter& counter, std::uint64_t n = 1) noexcept {
  counter.fetch_add(n, std::memory_order_relaxed);
}

}  // namespace opptak::control::http
