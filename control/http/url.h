// Request targets in origin form (RFC 9112 section 3.2.1, RFC 3986). Pure; any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace opptak::control::http {

enum class UrlError : std::uint8_t {
  kNotOriginForm,  // Does not begin with "/": absolute, authority and asterisk forms are not
                   // served.
  kBadEscape,      // "%" without two hexadecimal digits behind it.
  kBadByte,        // A control byte, raw or escaped, or an escaped "/" in a segment.
  kDotSegment,     // "." or "..": there is nothing for them here.
  kTooLong,        // Above kTargetBytesMax.
  kTooMany,        // Segments or query pairs above their limits.
};

inline constexpr std::size_t kTargetBytesMax = 4096;
inline constexpr std::size_t kSegmentsMax = 16;
inline constexpr std::size_t kQueryPairsMax = 32;

struct Url {
  std::vector<std::string> segments;  // "/v1/calls" -> "v1", "calls"; "/" -> none. Decoded.
  std::vector<std::pair<std::string, std::string>> query;  // Decoded, in order.

  // Value of the first pair of this name.
  [[nodiscard]] std::optional<std::string_view> query_value(std::string_view name) const noexcept;
  // "/" and the segments, joined by "/".
  [[nodiscard]] std::string path() const;
};

[[nodiscard]] std::expected<Url, UrlError> parse_url(std::string_view target);

}  // namespace opptak::control::http
