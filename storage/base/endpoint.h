// Transport addresses of media, one form for both IP versions: an IPv4 address is held as its
// IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2), so that tables and formats have one size.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace opptak {

using IpAddress = std::array<std::uint8_t, 16>;

[[nodiscard]] inline IpAddress map_ipv4(const std::uint8_t* four_bytes) noexcept {
  return {0,
          0,
          0,
          0,
          0,
          0,
          0,
          0,
          0,
          0,
          0xff,
          0xff,
          four_bytes[0],
          four_bytes[1],
          four_bytes[2],
          four_bytes[3]};
}

// True for ::ffff:0:0/96.
[[nodiscard]] bool is_mapped_ipv4(const IpAddress& address) noexcept;

struct Endpoint {
  IpAddress address{};
  std::uint16_t port = 0;  // Host byte order.

  auto operator<=>(const Endpoint&) const = default;
};

// One direction of RTP on the wire: 5-tuple (UDP) and SSRC (RFC 3550 section 3).
struct StreamKey {
  Endpoint src;
  Endpoint dst;
  std::uint32_t ssrc = 0;  // Host byte order.

  auto operator<=>(const StreamKey&) const = default;
};

// "10.0.0.1:4000", "[2001:db8::1]:5000" (RFC 5952).
[[nodiscard]] std::string to_string(const Endpoint& endpoint);
[[nodiscard]] std::string format_address(const IpAddress& address);
// Accepts dotted IPv4 and IPv6 without brackets or zone.
[[nodiscard]] std::optional<IpAddress> parse_address(std::string_view text) noexcept;

}  // namespace opptak
