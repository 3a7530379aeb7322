// Identifiers that all layers share. Calls and recordings carry UUIDv7 (RFC 9562 section 5.7), so
// an id tells the millisecond at which it was made; a store tag is random and tells nothing.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace opptak {

// 16 bytes in the order in which RFC 9562 prints them. Distinct tags make distinct types.
template <class Tag>
struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  auto operator<=>(const Uuid&) const = default;
  [[nodiscard]] bool is_nil() const noexcept { return *this == Uuid{}; }
};

using CallId = Uuid<struct CallIdTag>;
using RecordingId = Uuid<struct RecordingIdTag>;
// Clear-text name of a recording's blocks on disk; random, so that what is left of an erased
// recording says nothing.
using StoreTag = Uuid<struct StoreTagTag>;

using UuidBytes = std::array<std::uint8_t, 16>;

// Makes UUIDv7 values that never go backwards within one generator. `unix_ms` is the time of the
// call (capture time in a replay); `random` are 10 fresh random bytes.
// One owner thread per generator.
class Uuid7Generator {
 public:
  [[nodiscard]] UuidBytes next(std::uint64_t unix_ms,
                               const std::array<std::uint8_t, 10>& random) noexcept;

 private:
  std::uint64_t last_ms_ = 0;
  std::uint16_t counter_ = 0;  // rand_a: counts up within one millisecond.
};

[[nodiscard]] std::string format_uuid(const UuidBytes& bytes);
// Accepts the 36-character form only, upper or lower case.
[[nodiscard]] std::optional<UuidBytes> parse_uuid(std::string_view text) noexcept;

template <class Tag>
[[nodiscard]] std::string to_string(const Uuid<Tag>& id) {
  return format_uuid(id.bytes);
}

template <class Id>
[[nodiscard]] std::optional<Id> parse_id(std::string_view text) noexcept {
  const auto bytes = parse_uuid(text);
  if (!bytes) return std::nullopt;
  return Id{*bytes};
}

}  // namespace opptak

template <class Tag>
struct std::hash<opptak::Uuid<Tag>> {
  std::size_t operator()(const opptak::Uuid<Tag>& id) const noexcept {
    // The last 8 bytes are random in both kinds of id.
    std::uint64_t low;
    std::memcpy(&low, id.bytes.data() + 8, sizeof low);
    return low;
  }
};
