// A call as JSON, so that a later process can follow it on. Not a contract with anyone but the
// same version of this code: `version` guards that.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "control/sip/call.h"

namespace opptak::control::sip {

[[nodiscard]] std::string write_snapshot(const Call& call);

// Without number, timers and list entries, which are the follower's. Nothing where the text is no
// snapshot, of another version, or breaks a bound.
[[nodiscard]] std::optional<Call> read_snapshot(std::string_view text);

}  // namespace opptak::control::sip
