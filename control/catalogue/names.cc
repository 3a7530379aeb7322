#include "control/catalogue/names.h"

#include <array>
#include <cstddef>

namespace opptak::control {
namespace {

// In the order of the enumerations in rows.h.
constexpr std::array<std::string_view, 6> kCallStates{"in_progress", "recorded", "suppressed",
                                                      "partial",     "missed",   "no_media"};
constexpr std::array<std::string_view, 6> kRecordingStates{"open",    "closing", "stored",
                                                           "erasing", "erased",  "lost"};
constexpr std::array<std::string_view, 3> kModes{"automatic", "manual", "off"};

template <class Enum, std::size_t N>
std::optional<Enum> parse(const std::array<std::string_view, N>& names, std::string_view name) {
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == name) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace

std::string_view name_of(CallState state) noexcept {
  return kCallStates[static_cast<std::size_t>(state)];
}
std::string_view name_of(RecordingState state) noexcept {
  return kRecordingStates[static_cast<std::size_t>(state)];
}
std::string_view name_of(Mode mode) noexcept { return kModes[static_cast<std::size_t>(mode)]; }

std::optional<CallState> parse_call_state(std::string_view name) noexcept {
  return parse<CallState>(kCallStates, name);
}
std::optional<Mode> parse_mode(std::string_view name) noexcept { return parse<Mode>(kModes, name); }

}  // namespace opptak::control
