// Figures of the control core for /metrics. Counters go up only; gauges are set after each batch.
// Owner: the core writes, any thread reads, relaxed: each value is right, they are not a snapshot.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace opptak::control {

struct CoreStats {
  using Counter = std::atomic<std::uint64_t>;
  using Gauge = std::atomic<std::int64_t>;

  // Calls that ended since the start, by CallState; index is the enum's value. kInProgress: unused.
  static constexpr std::size_t kCallStates = 6;
  std::array<Counter, kCallStates> calls_ended_total{};
  Counter calls_started_total{0};
  Gauge calls_in_progress{0};

  Counter recordings_started_total{0};
  Counter recordings_stored_total{0};
  Counter recordings_empty_total{0};  // Opened, and no packet came: removed again.
  Counter recordings_lost_total{0};
  Gauge recordings_open{0};
  Gauge recordings_closing{0};

  Counter erasures_total{0};
  Counter erasures_redone_total{0};  // Completed at a start after a crash.
  Gauge erasures_pending{0};

  Counter sip_messages_total{0};  // Inspect records handled.
  Counter sip_not_understood_total{0};
  Counter events_total{0};          // Records of any type taken from the dataplane.
  Counter events_unknown_total{0};  // Of a call or recording that control does not know.

  Counter commits_total{0};
  Counter commit_ns_total{0};  // Time in durable commits.
  Counter commit_failures_total{0};
  Gauge commit_ns_last{0};
  Gauge outbound_waiting{0};  // Messages that full rings refused.

  Counter link_connects_total{0};
  Counter link_losses_total{0};
  Gauge link_connected{0};
  Gauge store_condition{0};          // dataplane::StoreCondition: 0 ok, 1 full, 2 failing.
  Gauge last_event_unix_seconds{0};  // Packet time of the last tick.
};

}  // namespace opptak::control
