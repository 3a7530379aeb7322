// The one state in which a call ends (G2), from what is known of it. Pure.
#pragma once

#include <optional>
#include <string>

#include "control/core/live_call.h"

namespace opptak::control {

struct Outcome {
  CallState state = CallState::kNoMedia;
  std::optional<std::string> reason;  // One of the words in docs/recordings.md.
};

[[nodiscard]] Outcome outcome_of(const LiveCall& call);

}  // namespace opptak::control
