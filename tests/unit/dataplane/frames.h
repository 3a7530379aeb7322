// Builds frames for the dataplane's tests: Ethernet, IP, UDP, RTP, byte by byte.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "dataplane/packet/frame.h"
#include "storage/base/bytes.h"
#include "storage/base/endpoint.h"

namespace opptak::dataplane::test {

using Bytes = std::vector<std::uint8_t>;

inline void put16(Bytes& out, std::uint16_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8));
  out.push_back(static_cast<std::uint8_t>(value));
}
inline void put32(Bytes& out, std::uint32_t value) {
  put16(out, static_cast<std::uint16_t>(value >> 16));
  put16(out, static_cast<std::uint16_t>(value));
}
inline void append(Bytes& out, const Bytes& more) {
  out.insert(out.end(), more.begin(), more.end());
}

inline Endpoint endpoint(std::string_view address, std::uint16_t port) {
  return {parse_address(address).value(), port};
}

inline Bytes udp(const Endpoint& src, const Endpoint& dst, const Bytes& payload) {
  Bytes out;
  put16(out, src.port);
  put16(out, dst.port);
  put16(out, static_cast<std::uint16_t>(8 + payload.size()));
  put16(out, 0);
  append(out, payload);
  return out;
}

inline Bytes ipv4(const Endpoint& src, const Endpoint& dst, const Bytes& body,
                  std::uint8_t protocol = 17, std::uint16_t fragment = 0) {
  Bytes out{0x45, 0};
  put16(out, static_cast<std::uint16_t>(20 + body.size()));
  put16(out, 1);
  put16(out, fragment);
  out.push_back(64);
  out.push_back(protocol);
  put16(out, 0);
  out.insert(out.end(), src.address.begin() + 12, src.address.end());
  out.insert(out.end(), dst.address.begin() + 12, dst.address.end());
  append(out, body);
  return out;
}

inline Bytes ipv6(const Endpoint& src, const Endpoint& dst, const Bytes& body,
                  std::uint8_t next_header = 17) {
  Bytes out{0x60, 0, 0, 0};
  put16(out, static_cast<std::uint16_t>(body.size()));
  out.push_back(next_header);
  out.push_back(64);
  out.insert(out.end(), src.address.begin(), src.address.end());
  out.insert(out.end(), dst.address.begin(), dst.address.end());
  append(out, body);
  return out;
}

inline Bytes ethernet(const Bytes& packet, const std::vector<std::uint16_t>& vlans = {}) {
  Bytes out{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};
  for (std::size_t i = 0; i < vlans.size(); ++i) {
    put16(out, i + 1 < vlans.size() ? 0x88a8 : 0x8100);
    put16(out, vlans[i]);
  }
  put16(out, packet[0] >> 4 == 6 ? 0x86dd : 0x0800);
  append(out, packet);
  return out;
}

inline Bytes datagram(const Endpoint& src, const Endpoint& dst, const Bytes& payload) {
  const Bytes body = udp(src, dst, payload);
  return ethernet(is_mapped_ipv4(src.address) ? ipv4(src, dst, body) : ipv6(src, dst, body));
}

inline Bytes rtp(std::uint16_t sequence, std::uint32_t timestamp, std::uint32_t ssrc,
                 const Bytes& payload, std::uint8_t marker_and_type = 8) {
  Bytes out{0x80, marker_and_type};
  put16(out, sequence);
  put32(out, timestamp);
  put32(out, ssrc);
  append(out, payload);
  return out;
}

inline Frame frame(const Bytes& bytes, UnixNs arrival = {1'700'000'000 * kNsPerSecond}) {
  return {bytes.data(), static_cast<std::uint32_t>(bytes.size()), LinkType::kEthernet, arrival};
}

}  // namespace opptak::dataplane::test
