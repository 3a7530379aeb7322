#include "control/core/recorder.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <sodium.h>
#include <spdlog/spdlog.h>

#include "control/core/media_targets.h"

namespace opptak::control {

namespace {

std::string recording_detail(const RecordingId& id) {
  return fmt::format(R"({{"recording_id":"{}"}})", to_string(id));
}

// What was never used is not kept: neither its row nor its key.
void remove_empty(CoreState& state, const RecordingId& id) {
  state.batch.remove_recording(id);
  state.batch.after_commit([&state, id] {
    const auto destroyed = state.store.destroy_key(id);
    if (!destroyed) spdlog::error("key of an empty recording: {}", destroyed.error().message);
    state.keys_staged = true;
  });
  state.stats.recordings_empty_total.fetch_add(1, std::memory_order_relaxed);
}

void store_done(RecordingRow& row, const dataplane::RecordingDone& done) {
  row.extents = {done.extent_segment, done.extent_offset_bytes, done.extent_bytes};
  row.blocks = done.blocks;
  row.packets = done.packets;
  row.payload_bytes = done.payload_bytes;
  row.dropped_packets = done.dropped_packets;
  row.recovered = done.recovered != 0;
  if (done.first_arrival.known()) row.started_at = done.first_arrival;
  if (done.last_arrival.known()) row.ended_at = done.last_arrival;
  row.state = done.packets > 0 ? RecordingState::kStored : RecordingState::kLost;
}

// A store without room refuses calls, one that fails is tried again: fullness goes first.
dataplane::StoreCondition worst(const std::vector<dataplane::StoreCondition>& conditions) {
  auto condition = dataplane::StoreCondition::kOk;
  for (const dataplane::StoreCondition one : conditions) {
    if (one == dataplane::StoreCondition::kFull) return one;
    if (one == dataplane::StoreCondition::kFailing) condition = one;
  }
  return condition;
}

// False where it is closing already.
bool begin_closing(CoreState& state, LiveCall& call, LiveRecording& recording, UnixNs at) {
  if (recording.row.state != RecordingState::kOpen) return false;
  recording.row.state = RecordingState::kClosing;
  recording.row.ended_at = at;
  ++state.closing;
  if (recording.opened) state.batch.put_recording(recording.row);
  state.add_event(call, at, "recording_stopped", recording_detail(recording.row.id));
  state.touch(call);
  return true;
}

// Nothing is awaited of the recording any more.
void forget_recording(CoreState& state, LiveCall& call, const RecordingId& id) {
  if (call.recordings.at(id).row.state == RecordingState::kClosing) --state.closing;
  if (call.current == id) call.current = {};
  state.calls.remove_recording(call, id);
  state.touch(call);
}

// The recording never came to be.
void refuse_opening(CoreState& state, LiveCall& call, const RecordingId& id) {
  call.refused_no_key = true;
  for (CoreState::Drain& drain : state.drains) std::erase(drain.recordings, id);
  state.add_event(call, state.clock.now(), "recording_refused", R"({"reason":"no_key"})");
  forget_recording(state, call, id);
}

}  // namespace

std::expected<RecordingId, OpenRefusal> want_recording(CoreState& state, LiveCall& call) {
  if (state.store_condition == dataplane::StoreCondition::kFull) {
    call.refused_store_full = true;
    state.add_event(call, state.clock.now(), "recording_refused", R"({"reason":"store_full"})");
    state.touch(call);
    return std::unexpected(OpenRefusal::kStoreFull);
  }
  LiveRecording recording;
  RecordingRow& row = recording.row;
  row.id = state.make_recording_id(state.clock.now());
  row.call = call.row.id;
  row.tag = state.make_store_tag();
  row.started_at = state.clock.now();
  row.expiry_day = expiry_day(call.row.started_at, call.retention_days);
  const auto key = state.store.make_key(row, call.row.client);
  if (!key) {
    spdlog::error("no key for a recording: {}", key.error().message);
    call.refused_no_key = true;
    state.add_event(call, state.clock.now(), "recording_refused", R"({"reason":"no_key"})");
    state.touch(call);
    return std::unexpected(OpenRefusal::kNoKey);
  }
  state.keys_staged = true;
  const RecordingId id = row.id;
  call.current = id;
  state.calls.add_recording(call, std::move(recording));
  state.opening.push_back(id);
  state.touch(call);
  return id;
}

void open_staged(CoreState& state) {
  bool durable = true;
  if (std::exchange(state.keys_staged, false)) {
    const auto committed = state.store.commit_keys();
    durable = committed.has_value();
    if (!durable) {
      state.stats.commit_failures_total.fetch_add(1, std::memory_order_relaxed);
      spdlog::error("keys cannot be made durable: {}", committed.error().message);
    }
  }
  for (const RecordingId& id : std::exchange(state.opening, {})) {
    LiveCall* const call = state.calls.find_recording(id);
    if (call == nullptr) continue;
    const auto key = durable
                         ? state.store.find_key(id)
                         : std::unexpected(RecordingStoreFailure{RecordingStoreError::kDisk, ""});
    if (!key) {
      refuse_opening(state, *call, id);
      continue;
    }
    LiveRecording& recording = call->recordings.at(id);
    recording.opened = true;
    send_open(state, *call, recording, *key, false);
    state.batch.put_recording(recording.row);
    state.add_event(*call, recording.row.started_at, "recording_started", recording_detail(id));
    state.stats.recordings_started_total.fetch_add(1, std::memory_order_relaxed);
  }
}

void send_open(CoreState& state, const LiveCall& call, const LiveRecording& recording,
               const storage::RecordingKey& key, bool resumed) {
  auto open = make_message<dataplane::RecordingOpen>();
  open.recording = recording.row.id;
  open.call = call.row.id;
  open.tag = recording.row.tag;
  std::ranges::copy(key.bytes(), open.key.begin());
  open.started_at = recording.row.started_at;
  open.expiry_day = recording.row.expiry_day;
  open.resumed = resumed ? 1 : 0;
  state.batch.to_writer(writer_of(state, recording.row.id), open);
  sodium_memzero(&open, sizeof open);
}

void stop_recording(CoreState& state, LiveCall& call, const RecordingId& id, UnixNs at) {
  if (!begin_closing(state, call, call.recordings.at(id), at)) return;
  if (call.current == id) call.current = {};
  state.drains.push_back({call.row.id, {id}});
}

void stop_all_recordings(CoreState& state, LiveCall& call, UnixNs at) {
  for (auto& [id, recording] : call.recordings) begin_closing(state, call, recording, at);
  call.current = {};
}

void close_recordings(CoreState& state, LiveCall& call, const std::vector<RecordingId>& ids) {
  for (const RecordingId& id : ids) {
    const auto found = call.recordings.find(id);
    if (found == call.recordings.end() || found->second.close_sent) continue;
    found->second.close_sent = true;
    auto close = make_message<dataplane::RecordingClose>();
    close.recording = id;
    state.batch.to_writer(writer_of(state, id), close);
  }
}

LiveCall* finish_recording(CoreState& state, const dataplane::RecordingDone& done) {
  LiveCall* const call = state.calls.find_recording(done.recording);
  if (call == nullptr) return nullptr;
  LiveRecording& recording = call->recordings.at(done.recording);
  call->seen.dropped_packets += done.dropped_packets;
  if (done.packets == 0 && done.dropped_packets == 0) {
    remove_empty(state, done.recording);
  } else {
    RecordingRow row = recording.row;
    store_done(row, done);
    state.batch.put_recording(row);
    const bool stored = done.packets > 0;
    ++(stored ? call->seen.recordings_stored : call->seen.recordings_lost);
    auto& total = stored ? state.stats.recordings_stored_total : state.stats.recordings_lost_total;
    total.fetch_add(1, std::memory_order_relaxed);
  }
  // Nobody asked for its end: the writer found no room for it.
  if (recording.row.state == RecordingState::kOpen) call->refused_store_full = true;
  forget_recording(state, *call, done.recording);
  return call;
}

void lose_recording(CoreState& state, LiveCall& call, const RecordingId& id) {
  RecordingRow row = call.recordings.at(id).row;
  row.state = RecordingState::kLost;
  if (!row.ended_at.known()) row.ended_at = state.clock.now();
  state.batch.put_recording(row);
  ++call.seen.recordings_lost;
  state.stats.recordings_lost_total.fetch_add(1, std::memory_order_relaxed);
  forget_recording(state, call, id);
}

void on_store_state(CoreState& state, std::uint16_t writer, dataplane::StoreCondition condition) {
  if (writer >= state.store_conditions.size()) state.store_conditions.resize(writer + 1U);
  state.store_conditions[writer] = condition;
  const auto before = state.store_condition;
  state.store_condition = worst(state.store_conditions);
  state.stats.store_condition.store(static_cast<std::int64_t>(state.store_condition),
                                    std::memory_order_relaxed);
  if (state.store_condition == before) return;
  const bool full = state.store_condition == dataplane::StoreCondition::kFull;
  if (full) spdlog::error("the store is full: new recordings are refused until there is room");
  if (!full && before == dataplane::StoreCondition::kFull) spdlog::info("the store has room again");
  for (const CallId& id : state.calls.ids()) {
    LiveCall& call = *state.calls.find(id);
    if (full && !call.recordings.empty()) call.store_full_seen = true;
    const bool wanted = call.row.mode == Mode::kAutomatic && call.refused_store_full &&
                        call.phase == CallPhase::kLive && call.current.is_nil();
    if (!full && wanted) [[maybe_unused]]
      const auto id_or_refusal = want_recording(state, call);
  }
}

}  // namespace opptak::control
