// Tells a dataplane everything that it has to know (docs/channel.md, Resynchronisation): after a
// start of control, a start of the dataplane, or both. Thread: the core's.
#pragma once

#include "control/channel/link.h"
#include "control/core/core_state.h"

namespace opptak::control {

// Stages the whole sequence into the (empty) batch: recordings, targets, barriers, closes. Calls
// whose media the death of another dataplane cut off are marked.
void resynchronise(CoreState& state, const LinkGeometry& geometry);

}  // namespace opptak::control
