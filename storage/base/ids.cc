#include "storage/base/ids.h"

#include "storage/base/bytes.h"

namespace opptak {

UuidBytes Uuid7Generator::next(std::uint64_t unix_ms,
                               const std::array<std::uint8_t, 10>& random) noexcept {
  if (unix_ms > last_ms_) {
    last_ms_ = unix_ms;
    counter_ = static_cast<std::uint16_t>(load_le<std::uint16_t>(random.data()) & 0x7ff);
  } else if (++counter_ > 0xfff) {  // RFC 9562 section 6.2: borrow from the next millisecond.
    ++last_ms_;
    counter_ = 0;
  }
  UuidBytes bytes;
  store_be<std::uint64_t>(bytes.data(), last_ms_ << 16);
  store_be<std::uint16_t>(bytes.data() + 6, static_cast<std::uint16_t>(0x7000 | counter_));
  std::memcpy(bytes.data() + 8, random.data() + 2, 8);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);
  return bytes;
}

std::string format_uuid(const UuidBytes& bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text.push_back('-');
    text.push_back(kDigits[bytes[i] >> 4]);
    text.push_back(kDigits[bytes[i] & 15]);
  }
  return text;
}

std::optional<UuidBytes> parse_uuid(std::string_view text) noexcept {
  if (text.size() != 36) return std::nullopt;
  UuidBytes bytes{};
  std::size_t digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (c != '-') return std::nullopt;
      continue;
    }
    int value;
    if (c >= '0' && c <= '9')
      value = c - '0';
    else if (c >= 'a' && c <= 'f')
      value = c - 'a' + 10;
    else if (c >= 'A' && c <= 'F')
      value = c - 'A' + 10;
    else
      return std::nullopt;
    bytes[digits / 2] = static_cast<std::uint8_t>((bytes[digits / 2] << 4) | value);
    ++digits;
  }
  return bytes;
}

}  // namespace opptak
