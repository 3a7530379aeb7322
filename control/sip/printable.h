// Text from the wire made fit for catalogue, JSON and logs.
#pragma once

#include <string>
#include <string_view>

namespace opptak::control::sip {

// Valid UTF-8 of at most `bytes_max` bytes without control characters: whatever else stands in
// `text` becomes U+FFFD, and what is longer is cut between characters.
[[nodiscard]] std::string printable_utf8(std::string_view text, std::size_t bytes_max);

// Reversible: bytes outside 0x21-0x7e, and "%", become %HH. For tags and Call-IDs in JSON.
[[nodiscard]] std::string escape_bytes(std::string_view text);
// Inverse of escape_bytes(); what is no escape stays.
[[nodiscard]] std::string unescape_bytes(std::string_view text);

}  // namespace opptak::control::sip
