// What all parts of the core work on: one value, owned by the Engine, used by one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <span>

#include "control/core/barriers.h"
#include "control/core/batch.h"
#include "control/core/call_table.h"
#include "control/core/deadlines.h"
#include "control/core/endpoint_claims.h"
#include "control/core/packet_clock.h"
#include "control/core/recording_store.h"
#include "control/core/stats.h"
#include "control/policy/policy.h"

namespace opptak::control {

struct EngineSettings {
  // After the end of a call: how long packets that are on their way are still stored.
  std::int64_t media_linger_ns = 2 * kNsPerSecond;
  // A call with neither signalling nor media for so long is over.
  std::int64_t silence_timeout_ns = 120 * kNsPerSecond;
  std::size_t events_per_turn = 4096;   // Taken from the rings before a commit.
  std::size_t outbound_max = 16'384;    // Messages waiting for full rings: no more events then.
  std::size_t erasures_per_turn = 256;  // One group commit each.
  // False: the store is thrown away, nothing has to be on the disk before it is seen. Rows are
  // then written rows_per_commit at a time, and calls cannot be taken up after a restart.
  bool durable = true;
  std::size_t rows_per_commit = 4096;
};

struct CoreState {
  CoreState(const EngineSettings& settings_in, RecordingStore& store_in, CoreStats& stats_in,
            Policy policy_in, std::function<void(std::span<std::uint8_t>)> random_in,
            std::uint64_t first_number)
      : settings(settings_in),
        store(store_in),
        stats(stats_in),
        policy(std::move(policy_in)),
        random(std::move(random_in)),
        barriers(first_number),
        resync_generation(first_number),
        next_target(first_number) {}

  const EngineSettings settings;
  RecordingStore& store;
  CoreStats& stats;
  Policy policy;
  std::function<void(std::span<std::uint8_t>)> random;  // Fills with unpredictable bytes.

  Batch batch;
  CallTable calls;
  EndpointClaims claims;
  Barriers barriers;
  Deadlines deadlines;
  PacketClock clock;

  // What the turn has decided, for TurnEnd to carry out.
  struct Drain {
    CallId call;
    std::vector<RecordingId> recordings;  // To be closed once the barrier is reached.
  };
  std::set<CallId> touched;          // Targets may differ from what was told; rows to be written.
  std::vector<RecordingId> opening;  // Key staged.
  std::vector<dataplane::TargetId> dropped_targets;  // No longer in any call.
  std::vector<Drain> drains;
  bool keys_staged = false;
  std::int64_t closing = 0;  // Recordings whose end has come and which are not done.

  std::uint16_t workers = 0;  // Of the last connection.
  std::uint16_t writers = 0;
  std::uint64_t dataplane_epoch = 0;  // 0: none seen yet.
  std::uint64_t resync_generation;
  std::vector<dataplane::StoreCondition> store_conditions;  // By writer.
  dataplane::StoreCondition store_condition = dataplane::StoreCondition::kOk;

  std::function<void(const CallRow&)> on_changed = [](const CallRow&) {};

  [[nodiscard]] CallId make_call_id(UnixNs at) { return CallId{make_uuid(call_ids_, at)}; }
  [[nodiscard]] RecordingId make_recording_id(UnixNs at) {
    return RecordingId{make_uuid(recording_ids_, at)};
  }
  [[nodiscard]] StoreTag make_store_tag() {
    StoreTag tag;
    random(tag.bytes);
    return tag;
  }
  [[nodiscard]] dataplane::TargetId make_target_id() noexcept { return next_target++; }

  // The call's row, with what is needed to take it up again, is written at the next commit.
  void touch(LiveCall& call) { touched.insert(call.row.id); }
  void add_event(const LiveCall& call, UnixNs at, std::string kind, std::string detail = {}) {
    batch.add_event({call.row.id, at, std::move(kind), std::move(detail)});
  }

  // Unique over restarts, since the first one is derived from the clock.
  dataplane::TargetId next_target;
  std::uint64_t next_call_order = 1;

 private:
  [[nodiscard]] UuidBytes make_uuid(Uuid7Generator& generator, UnixNs at) {
    std::array<std::uint8_t, 10> bytes{};
    random(bytes);
    return generator.next(static_cast<std::uint64_t>(at.value > 0 ? at.value / kNsPerMs : 0),
                          bytes);
  }

  Uuid7Generator call_ids_;
  Uuid7Generator recording_ids_;
};

}  // namespace opptak::control
