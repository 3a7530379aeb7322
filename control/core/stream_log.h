// Streams of RTP as the dataplane reports them, into rows and into what decides a call's end
// state. Thread: the core's.
#pragma once

#include "control/core/core_state.h"

namespace opptak::control {

void on_stream_started(CoreState& state, const dataplane::StreamStarted& started);

// May come twice: the second time changes nothing.
void on_stream_ended(CoreState& state, const dataplane::StreamEnded& ended);

}  // namespace opptak::control
