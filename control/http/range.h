// The Range header for one byte range (RFC 9110 section 14). Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace opptak::control::http {

enum class RangeKind : std::uint8_t {
  kWhole,          // No range, another unit, malformed, or several ranges: answer 200 in full.
  kPart,           // Answer 206 with the part.
  kUnsatisfiable,  // Answer 416.
};

struct ByteRange {
  RangeKind kind = RangeKind::kWhole;
  std::size_t offset_bytes = 0;
  std::size_t size_bytes = 0;  // Never 0 for kPart.
};

// `value` is the header's value, empty where there was none.
[[nodiscard]] ByteRange parse_range(std::string_view value, std::size_t total_bytes) noexcept;

}  // namespace opptak::control::http
