// RFC 3339 timestamps as the API takes them. Pure; any thread.
#pragma once

#include <optional>
#include <string_view>

#include "storage/base/time.h"

namespace opptak::control::http {

// "2026-11-24T18:15:44Z", "...T18:15:44.123456789+01:00"; digits below a nanosecond are cut off.
// A leap second (":60") is the second after it. Years 1970 to 2200 only,
// without the first nanosecond.
[[nodiscard]] std::optional<UnixNs> parse_rfc3339(std::string_view text) noexcept;

}  // namespace opptak::control::http
