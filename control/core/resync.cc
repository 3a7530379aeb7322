#include "control/core/resync.h"

#include <spdlog/spdlog.h>

#include "control/core/call_end.h"
#include "control/core/media_targets.h"
#include "control/core/recorder.h"

namespace opptak::control {

namespace {

void resync_writers(CoreState& state, std::uint64_t generation) {
  auto begin = make_message<dataplane::Resync>(dataplane::MessageType::kWriterResyncBegin);
  auto end = make_message<dataplane::Resync>(dataplane::MessageType::kWriterResyncEnd);
  begin.generation = end.generation = generation;
  for (std::uint16_t i = 0; i < state.writers; ++i) state.batch.to_writer(i, begin);
  for (const CallId& id : state.calls.ids()) {
    LiveCall& call = *state.calls.find(id);
    std::vector<RecordingId> without_key;
    for (auto& [recording_id, recording] : call.recordings) {
      if (!recording.opened) continue;  // Opens with the next commit.
      const auto key = state.store.find_key(recording_id);
      if (key) {
        send_open(state, call, recording, *key, true);
      } else {
        spdlog::error("key of an open recording: {}", key.error().message);
        without_key.push_back(recording_id);
      }
    }
    for (const RecordingId& lost : without_key) lose_recording(state, call, lost);
  }
  for (std::uint16_t i = 0; i < state.writers; ++i) state.batch.to_writer(i, end);
}

void resync_workers(CoreState& state, std::uint64_t generation) {
  auto begin = make_message<dataplane::Resync>(dataplane::MessageType::kWorkerResyncBegin);
  auto end = make_message<dataplane::Resync>(dataplane::MessageType::kWorkerResyncEnd);
  begin.generation = end.generation = generation;
  state.batch.to_all_workers(begin);
  state.dropped_targets.clear();
  for (const CallId& id : state.calls.ids()) put_all_targets(state, *state.calls.find(id));
  state.batch.to_all_workers(end);
}

void mark_restarted(CoreState& state) {
  state.calls.for_each([&](LiveCall& call) {
    const bool had_media = !call.streams.empty();
    call.streams.clear();
    note_activity(state, call);
    if (!had_media) return;
    call.gateway_restarted = true;
    state.add_event(call, state.clock.now(), "gateway_restarted");
    state.touch(call);
  });
}

void repeat_requests(CoreState& state) {
  state.barriers.restart(state.workers);
  for (const auto& [token, pending] : state.barriers.pending()) {
    auto barrier = make_message<dataplane::Barrier>();
    barrier.token = token;
    state.batch.to_all_workers(barrier);
  }
  state.calls.for_each([&](LiveCall& call) {
    for (auto& [id, recording] : call.recordings) {
      if (!recording.close_sent) continue;
      recording.close_sent = false;
      close_recordings(state, call, {id});
    }
  });
}

}  // namespace

void resynchronise(CoreState& state, const LinkGeometry& geometry) {
  const bool other = geometry.epoch != state.dataplane_epoch;
  if (other && state.dataplane_epoch != 0) mark_restarted(state);
  state.dataplane_epoch = geometry.epoch;
  state.workers = geometry.workers;
  state.writers = geometry.writers;
  state.store_conditions.assign(geometry.writers, dataplane::StoreCondition::kOk);
  state.store_condition = dataplane::StoreCondition::kOk;
  state.batch.discard_commands();
  const std::uint64_t generation = ++state.resync_generation;
  resync_writers(state, generation);
  resync_workers(state, generation);
  repeat_requests(state);
}

}  // namespace opptak::control
