// The way of a call to its end: signalling ends it, or silence does; its targets linger for
// packets that are on their way; workers and writers hand over what they have; then its state is
// known. Thread: the core's.
#pragma once

#include <string>
#include <string_view>

#include "control/core/core_state.h"

namespace opptak::control {

// Ends a live call. It lingers until `linger_ns` of packet time have passed; 0: drains at once.
void end_call(CoreState& state, LiveCall& call, std::string_view reason, UnixNs at,
              std::int64_t linger_ns);

// Drops the targets and stops the recordings; the rest follows from the workers' and writers'
// answers.
void drain_call(CoreState& state, LiveCall& call);

// Sends the barriers of the turn's drains.
void send_barriers(CoreState& state);

// A worker has reached a barrier.
void on_barrier(CoreState& state, const dataplane::BarrierReached& reached);

// Writes the final row and forgets the call, where nothing is awaited any more.
void finish_if_done(CoreState& state, LiveCall& call);

// Signalling or media was seen: silence is counted from here.
void note_activity(CoreState& state, LiveCall& call);

// Carries out what packet time has made due; returns the calls that silence has ended, which the
// follower has to forget.
[[nodiscard]] std::vector<sip::CallNumber> run_deadlines(CoreState& state);

}  // namespace opptak::control
