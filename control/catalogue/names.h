// The words that the API, the configuration and the logs use for the catalogue's enumerations.
#pragma once

#include <optional>
#include <string_view>

#include "control/catalogue/rows.h"

namespace opptak::control {

// "in_progress", "recorded", "suppressed", "partial", "missed", "no_media".
[[nodiscard]] std::string_view name_of(CallState state) noexcept;
[[nodiscard]] std::optional<CallState> parse_call_state(std::string_view name) noexcept;

// "open", "closing", "stored", "erasing", "erased", "lost".
[[nodiscard]] std::string_view name_of(RecordingState state) noexcept;

// "automatic", "manual", "off".
[[nodiscard]] std::string_view name_of(Mode mode) noexcept;
[[nodiscard]] std::optional<Mode> parse_mode(std::string_view name) noexcept;

}  // namespace opptak::control
