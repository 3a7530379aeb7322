#include "control/core/resume.h"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "control/core/call_end.h"
#include "control/core/media_targets.h"
#include "control/core/recorder.h"

namespace opptak::control {

namespace {

// Claims the endpoints of a resumed call, in the order of the calls' starts.
void claim_again(CoreState& state, LiveCall& call) {
  const CallId conversation = parse_id<CallId>(call.row.conversation_id).value_or(call.row.id);
  for (const MediaTarget& target : call.targets) {
    state.claims.add(target.endpoint, {.target = target.id,
                                       .kind = target.kind,
                                       .call = call.row.id,
                                       .conversation = conversation,
                                       .call_order = call.order});
  }
}

// Recordings as the catalogue has them: they were open, so their keys are durable.
void adopt_recordings(CoreState& state, LiveCall& call, std::vector<RecordingRow>& unfinished) {
  for (RecordingRow& row : unfinished) {
    if (row.call != call.row.id || row.state == RecordingState::kErasing) continue;
    LiveRecording recording{.row = std::move(row), .opened = true};
    const RecordingId id = recording.row.id;
    if (recording.row.state == RecordingState::kClosing) ++state.closing;
    call.recordings[id] = std::move(recording);
  }
  if (!call.recordings.contains(call.current)) call.current = {};
}

// Has the barriers and closes sent that the predecessor had sent, or had still to send.
void go_on(CoreState& state, LiveCall& call) {
  std::vector<RecordingId> closing;
  for (const auto& [id, recording] : call.recordings) {
    if (recording.row.state == RecordingState::kClosing) closing.push_back(id);
  }
  const bool draining = call.phase == CallPhase::kDraining;
  if (draining || !closing.empty()) state.drains.push_back({call.row.id, std::move(closing)});
  if (call.phase == CallPhase::kLingering) {
    state.deadlines.schedule(state.clock.age_ns() + state.settings.media_linger_ns, call.row.id);
  } else if (call.phase == CallPhase::kLive) {
    state.deadlines.schedule(state.clock.age_ns() + state.settings.silence_timeout_ns, call.row.id);
  }
}

std::unique_ptr<LiveCall> unreadable_call(const CallRow& row) {
  auto call = std::make_unique<LiveCall>();
  call->row = row;
  call->gateway_restarted = true;
  call->seen.audio_streams = 1;  // Not known; "missed" rather than "no media" where nothing is.
  return call;
}

void take_up(CoreState& state, const CallRow& row, std::vector<RecordingRow>& unfinished,
             sip::Follower& follower) {
  auto resumed = decode_resume(row);
  const bool readable = resumed.has_value();
  std::unique_ptr<LiveCall> call = readable ? std::move(resumed->call) : unreadable_call(row);
  call->order = state.next_call_order++;
  adopt_recordings(state, *call, unfinished);
  if (readable && !resumed->dialog.empty() && call->phase == CallPhase::kLive) {
    call->number = follower.restore(resumed->dialog).value_or(0);
  }
  if (readable) state.dataplane_epoch = std::max(state.dataplane_epoch, resumed->dataplane_epoch);
  LiveCall& added = state.calls.add(std::move(call));
  claim_again(state, added);
  if (added.phase == CallPhase::kLive && added.number == 0) {
    end_call(state, added, "gateway_restarted",
             added.seen.last_media_at.known() ? added.seen.last_media_at : row.started_at,
             state.settings.media_linger_ns);
  }
  go_on(state, added);
  state.touch(added);
}

}  // namespace

CatalogueResult<void> resume_calls(CoreState& state, Catalogue& catalogue,
                                   sip::Follower& follower) {
  auto rows = catalogue.calls_in_progress();
  if (!rows) return std::unexpected(std::move(rows.error()));
  auto unfinished = catalogue.unfinished_recordings();
  if (!unfinished) return std::unexpected(std::move(unfinished.error()));
  std::ranges::sort(*rows, {},
                    [](const CallRow& row) { return std::pair(row.started_at, row.id); });
  for (const CallRow& row : *rows) take_up(state, row, *unfinished, follower);
  for (const RecordingRow& row : *unfinished) {
    const bool adopted = state.calls.find_recording(row.id) != nullptr;
    if (adopted || row.state == RecordingState::kErasing) continue;
    spdlog::error("recording {} is not finished, but its call is", to_string(row.id));
  }
  if (!rows->empty()) {
    spdlog::info("taken up again: {} calls, {} recordings", state.calls.size(),
                 state.calls.recording_count());
  }
  return {};
}

}  // namespace opptak::control
