#include "control/core/call_end.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "control/core/media_targets.h"
#include "control/core/outcome.h"
#include "control/core/recorder.h"

namespace opptak::control {

namespace {

// When media was heard last, or signalling seen where there was none.
UnixNs end_of_silent(const LiveCall& call) {
  if (call.seen.last_media_at.known()) return call.seen.last_media_at;
  return call.active_at.known() ? call.active_at : call.row.started_at;
}

void note_dropped(CoreState& state, const LiveCall& call) {
  if (call.seen.dropped_packets == 0) return;
  state.add_event(call, call.row.ended_at, "packets_dropped",
                  fmt::format(R"({{"packets":{}}})", call.seen.dropped_packets));
}

}  // namespace

void end_call(CoreState& state, LiveCall& call, std::string_view reason, UnixNs at,
              std::int64_t linger_ns) {
  if (call.phase != CallPhase::kLive) return;
  call.phase = CallPhase::kLingering;
  call.end_reason = reason;
  call.row.ended_at = at;
  state.calls.forget_number(call);
  call.number = 0;
  state.add_event(call, at, std::string(reason));
  state.touch(call);
  if (linger_ns == 0) {
    drain_call(state, call);
  } else {
    state.deadlines.schedule(state.clock.age_ns() + linger_ns, call.row.id);
  }
}

void drain_call(CoreState& state, LiveCall& call) {
  if (call.phase == CallPhase::kDraining) return;
  call.phase = CallPhase::kDraining;
  release_targets(state, call);
  stop_all_recordings(state, call, call.row.ended_at);
  std::vector<RecordingId> recordings;
  for (const auto& [id, recording] : call.recordings) recordings.push_back(id);
  state.drains.push_back({call.row.id, std::move(recordings)});
}

void send_barriers(CoreState& state) {
  for (CoreState::Drain& drain : std::exchange(state.drains, {})) {
    auto barrier = make_message<dataplane::Barrier>();
    barrier.token = state.barriers.add(drain.call, std::move(drain.recordings), state.workers);
    state.batch.to_all_workers(barrier);
  }
}

void on_barrier(CoreState& state, const dataplane::BarrierReached& reached) {
  const auto done = state.barriers.reached(reached.token, reached.header.thread);
  if (!done) return;
  LiveCall* const call = state.calls.find(done->call);
  if (call == nullptr) return;
  close_recordings(state, *call, done->recordings);
  // The barrier of a single recording is no answer to that of the call's end.
  const bool awaited = std::ranges::any_of(
      state.barriers.pending(), [&](const auto& one) { return one.second.call == done->call; });
  const bool to_come = std::ranges::any_of(
      state.drains, [&](const CoreState::Drain& drain) { return drain.call == done->call; });
  if (call->phase == CallPhase::kDraining && !awaited && !to_come) {
    call->drained = true;
    finish_if_done(state, *call);
  }
}

void finish_if_done(CoreState& state, LiveCall& call) {
  if (!call.drained || !call.recordings.empty()) return;
  const Outcome outcome = outcome_of(call);
  call.row.state = outcome.state;
  call.row.reason = outcome.reason;
  call.row.resume_json.clear();
  note_dropped(state, call);
  state.stats.calls_ended_total[static_cast<std::size_t>(outcome.state)].fetch_add(
      1, std::memory_order_relaxed);
  state.batch.put_call(call.row);
  state.batch.after_commit([&state, row = call.row] { state.on_changed(row); });
  const CallId id = call.row.id;
  state.touched.erase(id);
  state.calls.erase(id);
}

void note_activity(CoreState& state, LiveCall& call) {
  call.active_age_ns = state.clock.age_ns();
  call.active_at = state.clock.now();
}

std::vector<sip::CallNumber> run_deadlines(CoreState& state) {
  std::vector<sip::CallNumber> silent;
  while (const auto id = state.deadlines.take_due(state.clock.age_ns())) {
    LiveCall* const call = state.calls.find(*id);
    if (call == nullptr) continue;
    if (call->phase == CallPhase::kLingering) {
      drain_call(state, *call);
    } else if (call->phase == CallPhase::kLive) {
      // Calls that nobody answered end by the follower's timers.
      const bool waits = !call->row.answered || !call->streams.empty();
      const std::int64_t from = waits ? state.clock.age_ns() : call->active_age_ns;
      const std::int64_t due = from + state.settings.silence_timeout_ns;
      if (due > state.clock.age_ns()) {
        state.deadlines.schedule(due, *id);
        continue;
      }
      silent.push_back(call->number);
      end_call(state, *call, "silence", end_of_silent(*call), 0);
    }
  }
  return silent;
}

}  // namespace opptak::control
