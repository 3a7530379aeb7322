#include "control/sip/printable.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "control/sip/text.h"

namespace opptak::control::sip {

namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

// Bytes of the well-formed character at the front (RFC 3629 section 4); 0 where there is none.
std::size_t character_size(std::string_view text) noexcept {
  const auto byte = [text](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const auto continues = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xc0) == 0x80; };
  const std::uint8_t first = byte(0);
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4 || !continues(1)) return 0;
  if (first < 0xe0) return 2;
  if (first < 0xf0) {
    if ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f)) return 0;
    return continues(2) ? 3 : 0;
  }
  if ((first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f)) return 0;
  return continues(2) && continues(3) ? 4 : 0;
}

bool is_control(std::string_view character) noexcept {
  const auto first = static_cast<std::uint8_t>(character.front());
  if (character.size() == 1) return first < 0x20 || first == 0x7f;
  return first == 0xc2 && static_cast<std::uint8_t>(character[1]) < 0xa0;  // C1
}

unsigned hex_value(char c) noexcept {
  if (is_digit(c)) return static_cast<unsigned>(c - '0');
  c = to_lower(c);
  return c >= 'a' && c <= 'f' ? static_cast<unsigned>(c - 'a' + 10) : 16;
}

}  // namespace

std::string printable_utf8(std::string_view text, std::size_t bytes_max) {
  std::string printable;
  printable.reserve(std::min(text.size(), bytes_max));
  while (!text.empty()) {
    const std::size_t size = character_size(text);
    std::string_view character = text.substr(0, std::max<std::size_t>(size, 1));
    text.remove_prefix(character.size());
    if (size == 0 || is_control(character)) character = kReplacement;
    if (printable.size() + character.size() > bytes_max) break;
    printable += character;
  }
  return printable;
}

std::string escape_bytes(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (byte > 0x20 && byte < 0x7f && c != '%') {
      escaped += c;
    } else {
      escaped += '%';
      escaped += kDigits[byte >> 4U];
      escaped += kDigits[byte & 15U];
    }
  }
  return escaped;
}

std::string unescape_bytes(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const unsigned high = hex_value(text[i + 1]);
      const unsigned low = hex_value(text[i + 2]);
      if (high < 16 && low < 16) {
        bytes += static_cast<char>(high * 16 + low);
        i += 2;
        continue;
      }
    }
    bytes += text[i];
  }
  return bytes;
}

}  // namespace opptak::control::sip
