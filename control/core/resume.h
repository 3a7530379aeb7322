// Taking calls up again after a restart of control: CallRow::resume_json, and what a start does
// with the rows of calls and recordings that were not finished. Thread: the core's.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "control/catalogue/catalogue.h"
#include "control/core/core_state.h"
#include "control/sip/follower.h"

namespace opptak::control {

// `dialog` is Follower::snapshot() of the call; empty where SIP no longer speaks of it.
[[nodiscard]] std::string encode_resume(const CoreState& state, const LiveCall& call,
                                        const std::string& dialog);

struct Resumed {
  std::unique_ptr<LiveCall> call;  // Without recordings and number.
  std::string dialog;
  std::uint64_t dataplane_epoch = 0;
};
// Nothing where the text is not of this version.
[[nodiscard]] std::optional<Resumed> decode_resume(const CallRow& row);

// Loads what was in progress into the state. Calls that cannot be followed any further are ended,
// as recorded so far. Recordings whose call is over are closed.
[[nodiscard]] CatalogueResult<void> resume_calls(CoreState& state, Catalogue& catalogue,
                                                 sip::Follower& follower);

}  // namespace opptak::control
