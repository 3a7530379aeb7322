// IPv4 (RFC 791) and IPv6 (RFC 8200) headers down to the transport header, and UDP (RFC 768).
// Pure, no allocation; checksums are not verified: a mirror may be taken before an offload.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/packet/link.h"
#include "storage/base/bytes.h"
#include "storage/base/endpoint.h"

namespace opptak::dataplane {

enum class ParseResult : std::uint8_t {
  kUdp,
  kTcp,
  kNotIp,
  kNotUdp,  // IP, but neither UDP nor TCP.
  kFragment,
  kBadLink,
  kBadIp,
  kBadUdp,
  kTruncated,  // Headers are whole, the packet is longer than what was captured.
};

struct ParsedPacket {
  Endpoint src;
  Endpoint dst;
  const std::uint8_t* payload = nullptr;  // UDP payload; for TCP from the TCP header on.
  std::uint32_t payload_bytes = 0;
};

namespace ip_protocol {
inline constexpr std::uint8_t kHopByHop = 0;
inline constexpr std::uint8_t kTcp = 6;
inline constexpr std::uint8_t kUdp = 17;
inline constexpr std::uint8_t kRouting = 43;
inline constexpr std::uint8_t kFragment = 44;
inline constexpr std::uint8_t kAuthentication = 51;
inline constexpr std::uint8_t kDestination = 60;
}  // namespace ip_protocol

struct Transport {
  std::uint8_t protocol;
  const std::uint8_t* data;
  std::size_t bytes;     // As the IP header says.
  std::size_t captured;  // Of those.
};

[[nodiscard]] inline ParseResult parse_ipv4(LinkRest rest, ParsedPacket& packet,
                                            Transport& transport) noexcept {
  if (rest.bytes < 20) return ParseResult::kBadIp;
  const std::size_t header_bytes = (rest.data[0] & 15u) * 4u;
  std::size_t total_bytes = load_be<std::uint16_t>(rest.data + 2);
  if (total_bytes == 0) total_bytes = rest.bytes;  // Segmentation offload leaves it empty.
  if (header_bytes < 20 || total_bytes < header_bytes) return ParseResult::kBadIp;
  if (rest.bytes < header_bytes) return ParseResult::kTruncated;
  if ((load_be<std::uint16_t>(rest.data + 6) & 0x3fff) != 0) return ParseResult::kFragment;
  packet.src.address = map_ipv4(rest.data + 12);
  packet.dst.address = map_ipv4(rest.data + 16);
  const std::size_t captured = rest.bytes < total_bytes ? rest.bytes : total_bytes;
  transport = {rest.data[9], rest.data + header_bytes, total_bytes - header_bytes,
               captured - header_bytes};
  return ParseResult::kUdp;
}

[[nodiscard]] inline bool is_ipv6_extension(std::uint8_t next_header) noexcept {
  return next_header == ip_protocol::kHopByHop || next_header == ip_protocol::kRouting ||
         next_header == ip_protocol::kDestination || next_header == ip_protocol::kFragment ||
         next_header == ip_protocol::kAuthentication;
}

// Steps over the extension headers; an atomic fragment (RFC 6946) is a whole packet.
[[nodiscard]] inline ParseResult skip_ipv6_extensions(Transport& transport) noexcept {
  while (is_ipv6_extension(transport.protocol)) {
    if (transport.captured < 8) return ParseResult::kBadIp;
    const std::uint8_t* header = transport.data;
    std::size_t header_bytes = (header[1] + 1u) * 8u;
    if (transport.protocol == ip_protocol::kFragment) {
      if ((load_be<std::uint16_t>(header + 2) & 0xfff9) != 0) return ParseResult::kFragment;
      header_bytes = 8;
    } else if (transport.protocol == ip_protocol::kAuthentication) {
      header_bytes = (header[1] + 2u) * 4u;  // RFC 4302 section 2.2
    }
    if (header_bytes > transport.captured) return ParseResult::kBadIp;
    transport.protocol = header[0];
    transport.data += header_bytes;
    transport.bytes -= header_bytes;
    transport.captured -= header_bytes;
  }
  return ParseResult::kUdp;
}

[[nodiscard]] inline ParseResult parse_ipv6(LinkRest rest, ParsedPacket& packet,
                                            Transport& transport) noexcept {
  constexpr std::size_t kHeaderBytes = 40;
  if (rest.bytes < kHeaderBytes) return ParseResult::kBadIp;
  std::memcpy(packet.src.address.data(), rest.data + 8, 16);
  std::memcpy(packet.dst.address.data(), rest.data + 24, 16);
  const std::size_t total_bytes = load_be<std::uint16_t>(rest.data + 4);
  const std::size_t available = rest.bytes - kHeaderBytes;
  transport = {rest.data[6], rest.data + kHeaderBytes, total_bytes,
               available < total_bytes ? available : total_bytes};
  return skip_ipv6_extensions(transport);
}

[[nodiscard]] inline ParseResult parse_udp(const Transport& transport,
                                           ParsedPacket& packet) noexcept {
  if (transport.bytes < 8) return ParseResult::kBadUdp;
  if (transport.captured < 8) return ParseResult::kTruncated;
  packet.src.port = load_be<std::uint16_t>(transport.data);
  packet.dst.port = load_be<std::uint16_t>(transport.data + 2);
  const std::size_t udp_bytes = load_be<std::uint16_t>(transport.data + 4);
  if (udp_bytes < 8 || udp_bytes > transport.bytes) return ParseResult::kBadUdp;
  if (udp_bytes > transport.captured) return ParseResult::kTruncated;
  packet.payload = transport.data + 8;
  packet.payload_bytes = static_cast<std::uint32_t>(udp_bytes - 8);
  return ParseResult::kUdp;
}

[[nodiscard]] inline ParseResult parse_tcp(const Transport& transport,
                                           ParsedPacket& packet) noexcept {
  if (transport.captured < 20) return ParseResult::kTruncated;
  packet.src.port = load_be<std::uint16_t>(transport.data);
  packet.dst.port = load_be<std::uint16_t>(transport.data + 2);
  packet.payload = transport.data;
  packet.payload_bytes = static_cast<std::uint32_t>(transport.captured);
  return ParseResult::kTcp;
}

[[nodiscard]] inline ParseResult parse_frame(const Frame& frame, ParsedPacket& packet) noexcept {
  LinkRest rest{};
  switch (find_ip(frame, rest)) {
    case LinkResult::kNotIp:
      return ParseResult::kNotIp;
    case LinkResult::kTruncated:
      return ParseResult::kBadLink;
    case LinkResult::kIp:
      break;
  }
  if (rest.bytes == 0) return ParseResult::kBadIp;
  Transport transport{};
  const unsigned version = rest.data[0] >> 4;
  const ParseResult result = version == 4   ? parse_ipv4(rest, packet, transport)
                             : version == 6 ? parse_ipv6(rest, packet, transport)
                                            : ParseResult::kBadIp;
  if (result != ParseResult::kUdp) return result;
  if (transport.protocol == ip_protocol::kUdp) return parse_udp(transport, packet);
  if (transport.protocol == ip_protocol::kTcp) return parse_tcp(transport, packet);
  return ParseResult::kNotUdp;
}

}  // namespace opptak::dataplane
