// Turns what SDP announced into targets of the dataplane, and keeps the dataplane told. All media
// endpoints of a call are targets: audio is recorded or suppressed as the call's policy says,
// other media is suppressed, RTCP counted. Thread: the core's.
#pragma once

#include <vector>

#include "control/core/core_state.h"

namespace opptak::control {

// Makes call.targets what `media` says: keeps those that stay, adds, removes. Settles who owns
// endpoints that other calls announce too. Returns true where the call has audio.
bool apply_media(CoreState& state, LiveCall& call, const std::vector<sip::MediaEndpoint>& media);

// Removes all targets of a call.
void release_targets(CoreState& state, LiveCall& call);

// Tells the dataplane what differs from what it was told, for all touched calls.
void tell_targets(CoreState& state);

// Tells all targets of a call, whatever was told before: for resynchronisation.
void put_all_targets(CoreState& state, LiveCall& call);

// Which writer holds a recording.
[[nodiscard]] std::uint16_t writer_of(const CoreState& state,
                                      const RecordingId& recording) noexcept;

}  // namespace opptak::control
