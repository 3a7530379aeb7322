// The life of a recording (docs/recordings.md): wanted, open, closing, done. Thread: the core's.
#pragma once

#include "control/core/core_state.h"

namespace opptak::control {

enum class OpenRefusal : std::uint8_t {
  kStoreFull,  // The dataplane reported a full store.
  kNoKey,      // No key could be made.
};

// Stages a key and a row for a new recording of `call` and makes it the current one. It opens, and
// packets go into it, once open_staged() has made the key durable. Refusals are noted in the call.
[[nodiscard]] std::expected<RecordingId, OpenRefusal> want_recording(CoreState& state,
                                                                     LiveCall& call);

// Makes the keys of the turn durable; then opens the recordings at their writers. Where that
// fails, the recordings never were, and their calls say so.
void open_staged(CoreState& state);

// No further packets go into the recording: it is closed behind a barrier. The call's current
// recording, if it is this one, becomes none.
void stop_recording(CoreState& state, LiveCall& call, const RecordingId& id, UnixNs at);

// Stops every recording of a call that is over.
void stop_all_recordings(CoreState& state, LiveCall& call, UnixNs at);

// All workers have handed over what they had: the writers may close.
void close_recordings(CoreState& state, LiveCall& call, const std::vector<RecordingId>& ids);

// RecordingDone. Returns the call, or nullptr where the recording is not known (any more).
LiveCall* finish_recording(CoreState& state, const dataplane::RecordingDone& done);

// Tells a writer of a recording. `resumed`: blocks of it may lie in the store already.
void send_open(CoreState& state, const LiveCall& call, const LiveRecording& recording,
               const storage::RecordingKey& key, bool resumed);

// The recording has no key or its end cannot be known: its row says that it is lost.
void lose_recording(CoreState& state, LiveCall& call, const RecordingId& id);

// StoreState of one writer. Calls that were refused for want of space may record again.
void on_store_state(CoreState& state, std::uint16_t writer, dataplane::StoreCondition condition);

}  // namespace opptak::control
