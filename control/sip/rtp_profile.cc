// Static payload types of the RTP profile for audio and video (RFC 3551 section 6).
#include "control/sip/sdp.h"

namespace opptak::control::sip {

namespace {

constexpr SdpCodec kUnassigned{255, 0, 0, {}};

// Type 2 was G721 and is reserved; what uses it without rtpmap means G.726 at 32 kbit/s.
constexpr std::array<SdpCodec, 35> kStaticCodecs{{
    {0, 1, 8'000, "PCMU"},
    kUnassigned,
    {2, 1, 8'000, "G726-32"},
    {3, 1, 8'000, "GSM"},
    {4, 1, 8'000, "G723"},
    {5, 1, 8'000, "DVI4"},
    {6, 1, 16'000, "DVI4"},
    {7, 1, 8'000, "LPC"},
    {8, 1, 8'000, "PCMA"},
    {9, 1, 8'000, "G722"},
    {10, 2, 44'100, "L16"},
    {11, 1, 44'100, "L16"},
    {12, 1, 8'000, "QCELP"},
    {13, 1, 8'000, "CN"},
    {14, 1, 90'000, "MPA"},
    {15, 1, 8'000, "G728"},
    {16, 1, 11'025, "DVI4"},
    {17, 1, 22'050, "DVI4"},
    {18, 1, 8'000, "G729"},
    kUnassigned,
    kUnassigned,
    kUnassigned,
    kUnassigned,
    kUnassigned,
    kUnassigned,
    {25, 1, 90'000, "CELB"},
    {26, 1, 90'000, "JPEG"},
    kUnassigned,
    {28, 1, 90'000, "NV"},
    kUnassigned,
    kUnassigned,
    {31, 1, 90'000, "H261"},
    {32, 1, 90'000, "MPV"},
    {33, 1, 90'000, "MP2T"},
    {34, 1, 90'000, "H263"},
}};

}  // namespace

std::optional<SdpCodec> static_codec(std::uint8_t payload_type) noexcept {
  if (payload_type >= kStaticCodecs.size()) return std::nullopt;
  const SdpCodec& codec = kStaticCodecs[payload_type];
  if (codec.payload_type != payload_type) return std::nullopt;
  return codec;
}

}  // namespace opptak::control::sip
