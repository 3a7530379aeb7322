// Scanning helpers for the text of SIP and SDP. White space is SP, HTAB, and the CR LF of a folded
// header (RFC 3261 section 7.3.1), so that a folded value can stay where it lies.
// Pure, no allocation; callable from any thread.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace opptak::control::sip {

[[nodiscard]] constexpr bool is_space(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

[[nodiscard]] constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

[[nodiscard]] constexpr char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

[[nodiscard]] constexpr char to_upper(char c) noexcept {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
}

[[nodiscard]] constexpr std::string_view trim_left(std::string_view text) noexcept {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  return text;
}

[[nodiscard]] constexpr std::string_view trim(std::string_view text) noexcept {
  text = trim_left(text);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// `lower` must be in lower case already.
[[nodiscard]] constexpr bool equals_lower(std::string_view text, std::string_view lower) noexcept {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (to_lower(text[i]) != lower[i]) return false;
  }
  return true;
}

[[nodiscard]] constexpr bool starts_with_lower(std::string_view text,
                                               std::string_view lower) noexcept {
  return text.size() >= lower.size() && equals_lower(text.substr(0, lower.size()), lower);
}

// Cuts the word up to the next white space off the front of `rest`; empty at the end.
[[nodiscard]] constexpr std::string_view take_word(std::string_view& rest) noexcept {
  rest = trim_left(rest);
  std::size_t size = 0;
  while (size < rest.size() && !is_space(rest[size])) ++size;
  const std::string_view word = rest.substr(0, size);
  rest.remove_prefix(size);
  return word;
}

// Position of `c`, or text.size(). A plain loop: what is looked for stands within a few bytes,
// where memchr() costs more than it saves.
[[nodiscard]] constexpr std::size_t find_near(std::string_view text, char c) noexcept {
  std::size_t at = 0;
  while (at < text.size() && text[at] != c) ++at;
  return at;
}

// Cuts one line without its LF off the front of `rest`; the last one may lack its LF.
[[nodiscard]] constexpr std::string_view take_line(std::string_view& rest) noexcept {
  const std::size_t at = rest.find('\n');
  const std::string_view line = rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + 1);
  return line;
}

// Cuts everything up to `separator` off the front of `rest`, separator included.
[[nodiscard]] constexpr std::string_view take_until(std::string_view& rest,
                                                    char separator) noexcept {
  const std::size_t at = find_near(rest, separator);
  const std::string_view piece = rest.substr(0, at);
  rest.remove_prefix(at == rest.size() ? at : at + 1);
  return piece;
}

// Decimal digits only, no sign; nothing where `text` holds anything else or exceeds `max`.
[[nodiscard]] constexpr std::optional<std::uint32_t> parse_decimal(
    std::string_view text, std::uint32_t max = std::numeric_limits<std::uint32_t>::max()) noexcept {
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
    if (value > max) return std::nullopt;
  }
  return static_cast<std::uint32_t>(value);
}

}  // namespace opptak::control::sip
