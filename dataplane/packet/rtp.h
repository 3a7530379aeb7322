// RTP fixed header (RFC 3550 section 5.1) and the look at a datagram that tells RTP, RTCP and SIP
// apart. Pure: no clock, no allocation.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>

#include "storage/base/bytes.h"

namespace opptak::dataplane {

enum class DatagramKind : std::uint8_t {
  kRtp,
  kRtcp,
  kText,  // Starts like a SIP message.
  kOther,
};

struct RtpHeader {
  std::uint16_t sequence = 0;
  std::uint8_t marker_and_type = 0;
  std::uint8_t padding_bytes = 0;  // At the end; 0 without the P bit.
  std::uint32_t timestamp = 0;
  std::uint32_t ssrc = 0;
  std::uint32_t header_bytes = 0;  // Fixed part, CSRCs and extension.
  bool plain = true;               // No CSRC, extension or padding.
};

inline constexpr std::uint32_t kRtpFixedBytes = 12;
inline constexpr std::uint32_t kRtcpFixedBytes = 8;

// RFC 5761 section 4: packet types 192 to 223 are RTCP where RTP and RTCP share a port, too.
[[nodiscard]] inline DatagramKind datagram_kind(std::span<const std::uint8_t> datagram) noexcept {
  if (datagram.size() < kRtcpFixedBytes) return DatagramKind::kOther;
  const std::uint8_t first = datagram[0];
  if ((first & 0xc0) == 0x80) {
    if (datagram[1] >= 192 && datagram[1] <= 223) return DatagramKind::kRtcp;
    return datagram.size() >= kRtpFixedBytes ? DatagramKind::kRtp : DatagramKind::kOther;
  }
  const bool letter = (first >= 'A' && first <= 'Z') || (first >= 'a' && first <= 'z');
  return letter ? DatagramKind::kText : DatagramKind::kOther;
}

// The datagram is of kind kRtp. False where CSRCs, extension or padding lie past its end.
[[nodiscard]] inline bool decode_rtp(std::span<const std::uint8_t> datagram,
                                     RtpHeader& header) noexcept {
  const std::uint8_t first = datagram[0];
  header.marker_and_type = datagram[1];
  header.sequence = load_be<std::uint16_t>(&datagram[2]);
  header.timestamp = load_be<std::uint32_t>(&datagram[4]);
  header.ssrc = load_be<std::uint32_t>(&datagram[8]);
  header.header_bytes = kRtpFixedBytes;
  header.padding_bytes = 0;
  header.plain = (first & 0x3f) == 0;
  if (header.plain) [[likely]]
    return true;
  header.header_bytes += (first & 0x0fu) * 4u;
  if ((first & 0x10) != 0) {
    if (datagram.size() < header.header_bytes + 4) return false;
    header.header_bytes += 4u + 4u * load_be<std::uint16_t>(&datagram[header.header_bytes + 2]);
  }
  if (datagram.size() < header.header_bytes) return false;
  if ((first & 0x20) != 0) {
    header.padding_bytes = datagram.back();
    if (header.padding_bytes == 0 || datagram.size() - header.header_bytes < header.padding_bytes) {
      return false;
    }
  }
  return true;
}

// Recognises a SIP message by content, for ports that are not configured (RFC 3261 section 7).
[[nodiscard]] inline bool looks_like_sip(std::span<const std::uint8_t> text) noexcept {
  static constexpr const char* kStarts[] = {
      "SIP/2.0 ", "INVITE ", "ACK ",   "BYE ",    "CANCEL ",    "OPTIONS ", "REGISTER ", "PRACK ",
      "UPDATE ",  "INFO ",   "REFER ", "NOTIFY ", "SUBSCRIBE ", "MESSAGE ", "PUBLISH "};
  for (const char* start : kStarts) {
    const std::size_t length = std::strlen(start);
    if (text.size() > length && std::memcmp(text.data(), start, length) == 0) return true;
  }
  return false;
}

}  // namespace opptak::dataplane
