#include "control/http/range.h"

#include <algorithm>
#include <optional>

namespace opptak::control::http {

namespace {

// Digits only; what does not fit counts as "past every end".
std::optional<std::size_t> parse_position(std::string_view text) noexcept {
  if (text.empty()) return std::nullopt;
  constexpr std::size_t kFar = SIZE_MAX / 16;
  std::size_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    if (value < kFar) value = value * 10 + static_cast<std::size_t>(c - '0');
  }
  return value;
}

bool unit_is_bytes(std::string_view unit) noexcept {
  constexpr std::string_view kBytes = "bytes";  // Units are case-insensitive.
  return std::ranges::equal(unit, kBytes, [](char a, char b) { return (a | 0x20) == b; });
}

}  // namespace

ByteRange parse_range(std::string_view value, std::size_t total_bytes) noexcept {
  const ByteRange whole{RangeKind::kWhole, 0, total_bytes};
  const std::size_t equals = value.find('=');
  if (equals == std::string_view::npos || !unit_is_bytes(value.substr(0, equals))) return whole;
  std::string_view spec = value.substr(equals + 1);
  while (!spec.empty() && (spec.front() == ' ' || spec.front() == '\t')) spec.remove_prefix(1);
  while (!spec.empty() && (spec.back() == ' ' || spec.back() == '\t')) spec.remove_suffix(1);
  const std::size_t dash = spec.find('-');
  if (dash == std::string_view::npos) return whole;
  const auto first = parse_position(spec.substr(0, dash));
  const auto last = parse_position(spec.substr(dash + 1));
  if (dash == 0) {  // The last N bytes.
    if (!last) return whole;
    if (*last == 0 || total_bytes == 0) return {RangeKind::kUnsatisfiable, 0, 0};
    const std::size_t size = std::min(*last, total_bytes);
    return {RangeKind::kPart, total_bytes - size, size};
  }
  if (!first) return whole;
  const bool open = dash + 1 == spec.size();
  if (!open && (!last || *last < *first)) return whole;
  if (*first >= total_bytes) return {RangeKind::kUnsatisfiable, 0, 0};
  const std::size_t end = open ? total_bytes - 1 : std::min(*last, total_bytes - 1);
  return {RangeKind::kPart, *first, end - *first + 1};
}

}  // namespace opptak::control::http
