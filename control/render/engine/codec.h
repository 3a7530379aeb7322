// Which codecs can be heard, and how their RTP payloads are cut into the frames that a decoder
// takes: RFC 3551 (G.711, G.722, G.723, G.726, G.729, GSM, L16), RFC 3952 (iLBC), RFC 4867 (AMR,
// AMR-WB), RFC 7587 (Opus). Pure; no library of codecs behind this header.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "control/render/pipe.h"

namespace opptak::control::render {

enum class CodecKind : std::uint8_t {
  kUnknown,   // Silence of the right length, and a warning.
  kNotAudio,  // telephone-event, comfort noise: their time is silence.
  kPcmu,
  kPcma,
  kG722,
  kG723,
  kG726,
  kG729,
  kGsm,
  kIlbc,
  kL16,
  kAmr,
  kAmrWb,
  kOpus,
};

struct Codec {
  CodecKind kind = CodecKind::kUnknown;
  std::uint32_t clock_hz = 8'000;   // Of RTP timestamps.
  std::uint32_t sample_hz = 8'000;  // Of decoded audio.
  std::uint8_t channels = 1;
  std::uint8_t bits_per_sample = 0;  // kG726 only.

  [[nodiscard]] bool audible() const noexcept { return kind > CodecKind::kNotAudio; }
  [[nodiscard]] bool wideband() const noexcept { return audible() && sample_hz > 8'000; }
};

// What SDP said; a clock that the codec does not allow is replaced by the right one.
[[nodiscard]] Codec codec_of(const PipeCodec& named) noexcept;
// The static payload types of RFC 3551 section 6, for streams of which SDP says nothing.
[[nodiscard]] Codec static_codec(std::uint8_t payload_type) noexcept;

struct CodedFrame {
  std::span<const std::uint8_t> bytes;  // Empty: no speech (SID, NO_DATA).
  std::uint32_t silence_samples = 0;    // At sample_hz, where bytes is empty.
};

class FrameSplitter {
 public:
  explicit FrameSplitter(Codec codec) noexcept : codec_(codec) {}

  // Frames hold until the next call. nullopt: not a payload of this codec.
  [[nodiscard]] std::optional<std::span<const CodedFrame>> split(
      std::span<const std::uint8_t> payload);

 private:
  bool split_fixed(std::span<const std::uint8_t> payload, std::size_t frame_bytes);
  bool split_g729(std::span<const std::uint8_t> payload);
  bool split_g723(std::span<const std::uint8_t> payload);
  bool split_ilbc(std::span<const std::uint8_t> payload);
  bool split_amr(std::span<const std::uint8_t> payload);
  bool split_amr_aligned(std::span<const std::uint8_t> payload);
  bool split_amr_packed(std::span<const std::uint8_t> payload);
  void add_amr(std::uint8_t type, bool quality, const std::vector<std::uint8_t>& speech);
  [[nodiscard]] std::optional<std::size_t> amr_bits(std::uint8_t type) const noexcept;

  Codec codec_;
  std::vector<CodedFrame> frames_;
  std::vector<std::vector<std::uint8_t>> storage_;  // Of frames that had to be rebuilt.
};

}  // namespace opptak::control::render
