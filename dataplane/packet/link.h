// Link layers: from the first byte of a frame to its IP header. A new link type or encapsulation
// is one function here and one line in find_ip().
#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/packet/frame.h"
#include "storage/base/bytes.h"

namespace opptak::dataplane {

enum class LinkResult : std::uint8_t {
  kIp,  // The rest starts with an IP header.
  kNotIp,
  kTruncated,  // Cut within the link header.
};

struct LinkRest {
  const std::uint8_t* data;
  std::size_t bytes;
};

namespace ethertype {
inline constexpr std::uint16_t kIpv4 = 0x0800;
inline constexpr std::uint16_t kIpv6 = 0x86dd;
inline constexpr std::uint16_t kVlan = 0x8100;      // IEEE 802.1Q
inline constexpr std::uint16_t kProvider = 0x88a8;  // IEEE 802.1ad
inline constexpr std::uint16_t kQinQOld = 0x9100;
inline constexpr std::uint16_t kPppIpv4 = 0x0021;
inline constexpr std::uint16_t kPppIpv6 = 0x0057;
}  // namespace ethertype

[[nodiscard]] inline bool skip(LinkRest& rest, std::size_t bytes) noexcept {
  if (rest.bytes < bytes) return false;
  rest.data += bytes;
  rest.bytes -= bytes;
  return true;
}

// `type` is the EtherType that precedes `rest`; VLAN tags are stepped over, at most three.
[[nodiscard]] inline LinkResult after_ethertype(std::uint16_t type, LinkRest& rest) noexcept {
  using namespace ethertype;
  for (int tags = 0; type == kVlan || type == kProvider || type == kQinQOld; ++tags) {
    if (tags == 3) return LinkResult::kNotIp;
    if (rest.bytes < 4) return LinkResult::kTruncated;
    type = load_be<std::uint16_t>(rest.data + 2);
    (void)skip(rest, 4);
  }
  return type == kIpv4 || type == kIpv6 ? LinkResult::kIp : LinkResult::kNotIp;
}

// EtherType at `offset` of a fixed header of `header_bytes`: Ethernet and Linux cooked.
[[nodiscard]] inline LinkResult after_fixed_header(std::size_t offset, std::size_t header_bytes,
                                                   LinkRest& rest) noexcept {
  if (rest.bytes < header_bytes) return LinkResult::kTruncated;
  const std::uint16_t type = load_be<std::uint16_t>(rest.data + offset);
  (void)skip(rest, header_bytes);
  return after_ethertype(type, rest);
}

[[nodiscard]] inline LinkResult after_ppp(LinkRest& rest) noexcept {
  if (rest.bytes >= 2 && rest.data[0] == 0xff && rest.data[1] == 0x03) (void)skip(rest, 2);
  if (rest.bytes < 2) return LinkResult::kTruncated;
  const std::uint16_t protocol = load_be<std::uint16_t>(rest.data);
  (void)skip(rest, 2);
  return protocol == ethertype::kPppIpv4 || protocol == ethertype::kPppIpv6 ? LinkResult::kIp
                                                                            : LinkResult::kNotIp;
}

[[nodiscard]] inline LinkResult find_ip(const Frame& frame, LinkRest& rest) noexcept {
  rest = {frame.data, frame.bytes};
  switch (frame.link) {
    case LinkType::kEthernet:
      return after_fixed_header(12, 14, rest);
    case LinkType::kLinuxCooked:
      return after_fixed_header(14, 16, rest);
    case LinkType::kLinuxCooked2:
      return after_fixed_header(0, 20, rest);
    case LinkType::kPpp:
      return after_ppp(rest);
    case LinkType::kNullLoopback:
      return skip(rest, 4) ? LinkResult::kIp : LinkResult::kTruncated;
    case LinkType::kRawIp:
      return rest.bytes > 0 ? LinkResult::kIp : LinkResult::kTruncated;
  }
  return LinkResult::kNotIp;
}

}  // namespace opptak::dataplane
