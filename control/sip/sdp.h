// Session descriptions (RFC 8866): what tells where media goes and how it is coded. RFC 3264 for
// directions and hold, RFC 3605 and RFC 5761 for RTCP, RFC 3551 for static payload types,
// RFC 4568 and RFC 8122 for encryption.
// No copy, no allocation. The result borrows the text.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string_view>

#include "control/sip/events.h"
#include "storage/base/endpoint.h"

namespace opptak::control::sip {

inline constexpr std::size_t kSdpMediaMax = 16;  // m= lines of one description; more are counted.
inline constexpr std::size_t kSdpCodecsMax =
    24;  // Payload types of one m= line; more are left out.

enum class SdpError : std::uint8_t {
  kNotSdp,  // Does not begin with "v=".
};

struct SdpCodec {
  std::uint8_t payload_type;
  std::uint8_t channels;
  std::uint32_t clock_hz;  // 0 where a dynamic type has no rtpmap.
  std::string_view name;   // As written; empty where a dynamic type has no rtpmap.
};

enum class SdpSecurity : std::uint8_t {
  kNone,
  kOffered,   // Keys or a fingerprint on a plain profile: encrypted only if the peer agrees.
  kRequired,  // SAVP, SAVPF.
};

struct SdpMedia {
  MediaKind kind;
  MediaDirection direction;
  SdpSecurity security;
  bool rtcp_mux;
  bool udp;                // False for TCP transports: no datagram will come.
  bool rtp_profile;        // RTP/...; false for udptl and others.
  bool has_address;        // False where c= is missing or is a host name.
  bool held_by_address;    // c= is 0.0.0.0 or ::, the hold of RFC 2543.
  std::uint16_t port;      // 0: the media is refused or removed (RFC 3264 section 6).
  std::uint16_t ptime_ms;  // 0: not said.
  Endpoint rtp;            // Valid with has_address.
  std::optional<std::uint16_t> rtcp_port;
  std::optional<IpAddress> rtcp_address;
  std::uint8_t codec_count;
  std::array<SdpCodec, kSdpCodecsMax> codec_array;

  [[nodiscard]] std::span<const SdpCodec> codecs() const noexcept {
    return std::span(codec_array).first(codec_count);
  }
  // Where a datagram of this media can arrive: address known, port not 0.
  [[nodiscard]] bool receives() const noexcept {
    return udp && has_address && !held_by_address && port != 0;
  }
};

struct Sdp {
  std::uint16_t media_count = 0;
  std::uint16_t bad_lines = 0;       // Lines that had to be passed over.
  std::uint16_t media_left_out = 0;  // m= lines beyond kSdpMediaMax.
  std::array<SdpMedia, kSdpMediaMax> media_array;

  [[nodiscard]] std::span<const SdpMedia> media() const noexcept {
    return std::span(media_array).first(media_count);
  }
};

// Fills `out`, which may be used again and again. Lines that make no sense are passed over and
// counted; a description without m= lines is legal. With `truncated`, a last line without line
// end is passed over. Callable from any thread, one `out` each.
[[nodiscard]] std::expected<void, SdpError> scan_sdp(std::string_view text, bool truncated,
                                                     Sdp& out) noexcept;

// Static payload types of RFC 3551 section 6; nothing for dynamic and unassigned ones.
[[nodiscard]] std::optional<SdpCodec> static_codec(std::uint8_t payload_type) noexcept;

}  // namespace opptak::control::sip
