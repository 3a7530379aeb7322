#include "control/render/engine/codec.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace opptak::control::render {
namespace {

struct NamedCodec {
  std::string_view name;
  Codec codec;
};

// clock_hz 0: as SDP says.
constexpr std::array kNamed = {
    NamedCodec{"PCMU", {CodecKind::kPcmu, 8'000, 8'000, 1, 0}},
    NamedCodec{"PCMA", {CodecKind::kPcma, 8'000, 8'000, 1, 0}},
    NamedCodec{"G722", {CodecKind::kG722, 8'000, 16'000, 1, 0}},  // RFC 3551 section 4.5.2.
    NamedCodec{"G723", {CodecKind::kG723, 8'000, 8'000, 1, 0}},
    NamedCodec{"G721", {CodecKind::kG726, 8'000, 8'000, 1, 4}},
    NamedCodec{"G726-16", {CodecKind::kG726, 8'000, 8'000, 1, 2}},
    NamedCodec{"G726-24", {CodecKind::kG726, 8'000, 8'000, 1, 3}},
    NamedCodec{"G726-32", {CodecKind::kG726, 8'000, 8'000, 1, 4}},
    NamedCodec{"G726-40", {CodecKind::kG726, 8'000, 8'000, 1, 5}},
    NamedCodec{"G729", {CodecKind::kG729, 8'000, 8'000, 1, 0}},
    NamedCodec{"G729A", {CodecKind::kG729, 8'000, 8'000, 1, 0}},
    NamedCodec{"GSM", {CodecKind::kGsm, 8'000, 8'000, 1, 0}},
    NamedCodec{"ILBC", {CodecKind::kIlbc, 8'000, 8'000, 1, 0}},
    NamedCodec{"L16", {CodecKind::kL16, 0, 0, 1, 0}},
    NamedCodec{"AMR", {CodecKind::kAmr, 8'000, 8'000, 1, 0}},
    NamedCodec{"AMR-WB", {CodecKind::kAmrWb, 16'000, 16'000, 1, 0}},
    NamedCodec{"OPUS", {CodecKind::kOpus, 48'000, 48'000, 2, 0}},
    NamedCodec{"TELEPHONE-EVENT", {CodecKind::kNotAudio, 0, 0, 1, 0}},
    NamedCodec{"TONE", {CodecKind::kNotAudio, 0, 0, 1, 0}},
    NamedCodec{"CN", {CodecKind::kNotAudio, 0, 0, 1, 0}},
};

constexpr std::uint32_t kClockMinHz = 1'000;
constexpr std::uint32_t kClockMaxHz = 192'000;

bool same_name(std::string_view left, std::string_view right) noexcept {
  return std::ranges::equal(left, right, [](char a, char b) {
    return std::toupper(static_cast<unsigned char>(a)) ==
           std::toupper(static_cast<unsigned char>(b));
  });
}

std::uint32_t sane_clock(std::uint32_t clock_hz) noexcept {
  return clock_hz >= kClockMinHz && clock_hz <= kClockMaxHz ? clock_hz : 8'000;
}

// Speech bits by frame type: RFC 4867 section 3.6 with 3GPP TS 26.101 and 26.201. SID follows.
constexpr std::array<std::uint16_t, 9> kAmrBits{95, 103, 118, 134, 148, 159, 204, 244, 39};
constexpr std::array<std::uint16_t, 10> kAmrWbBits{132, 177, 253, 285, 317, 365, 397, 461, 477, 40};
constexpr std::uint8_t kAmrNoData = 15;
constexpr std::uint8_t kAmrWbLost = 14;

class BitReader {
 public:
  explicit BitReader(std::span<const std::uint8_t> bytes) noexcept : bytes_(bytes) {}

  [[nodiscard]] std::size_t left() const noexcept { return bytes_.size() * 8 - at_; }
  // The caller has checked left().
  std::uint8_t take(unsigned bits) noexcept {
    unsigned value = 0;
    for (unsigned i = 0; i < bits; ++i, ++at_) {
      value = value << 1 | ((bytes_[at_ / 8] >> (7 - at_ % 8)) & 1u);
    }
    return static_cast<std::uint8_t>(value);
  }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
};

}  // namespace

Codec codec_of(const PipeCodec& named) noexcept {
  for (const NamedCodec& known : kNamed) {
    if (!same_name(known.name, named.name)) continue;
    Codec codec = known.codec;
    if (codec.clock_hz == 0) {
      codec.clock_hz = codec.sample_hz = sane_clock(named.clock_hz);
      codec.channels = std::clamp<std::uint8_t>(named.channels, 1, 2);
    }
    return codec;
  }
  return {.kind = CodecKind::kUnknown, .clock_hz = sane_clock(named.clock_hz)};
}

Codec static_codec(std::uint8_t payload_type) noexcept {
  switch (payload_type) {
    case 0:
      return codec_of({.name = "PCMU"});
    case 2:
      return codec_of({.name = "G721"});
    case 3:
      return codec_of({.name = "GSM"});
    case 4:
      return codec_of({.name = "G723"});
    case 8:
      return codec_of({.name = "PCMA"});
    case 9:
      return codec_of({.name = "G722"});
    case 10:
      return codec_of({.channels = 2, .clock_hz = 44'100, .name = "L16"});
    case 11:
      return codec_of({.channels = 1, .clock_hz = 44'100, .name = "L16"});
    case 13:
    case 19:  // Comfort noise of old drafts.
      return codec_of({.name = "CN"});
    case 18:
      return codec_of({.name = "G729"});
    default:
      return {};
  }
}

std::optional<std::span<const CodedFrame>> FrameSplitter::split(
    std::span<const std::uint8_t> payload) {
  frames_.clear();
  storage_.clear();
  if (payload.empty()) return std::span<const CodedFrame>{};
  bool whole = true;
  switch (codec_.kind) {
    case CodecKind::kGsm:
      whole = split_fixed(payload, 33);
      break;
    case CodecKind::kG729:
      whole = split_g729(payload);
      break;
    case CodecKind::kG723:
      whole = split_g723(payload);
      break;
    case CodecKind::kIlbc:
      whole = split_ilbc(payload);
      break;
    case CodecKind::kAmr:
    case CodecKind::kAmrWb:
      whole = split_amr(payload);
      break;
    case CodecKind::kL16:
      whole = split_fixed(payload, payload.size() & ~std::size_t{1});
      break;
    case CodecKind::kUnknown:
    case CodecKind::kNotAudio:
      return std::nullopt;
    default:
      frames_.push_back({payload, 0});
  }
  if (!whole) return std::nullopt;
  return frames_;
}

bool FrameSplitter::split_fixed(std::span<const std::uint8_t> payload, std::size_t frame_bytes) {
  if (frame_bytes == 0 || payload.size() % frame_bytes != 0) return false;
  for (; !payload.empty(); payload = payload.subspan(frame_bytes)) {
    frames_.push_back({payload.first(frame_bytes), 0});
  }
  return true;
}

bool FrameSplitter::split_g729(std::span<const std::uint8_t> payload) {
  constexpr std::size_t kSpeechBytes = 10;
  constexpr std::size_t kSidBytes = 2;  // Annex B, only at the end (RFC 3551 section 4.5.6).
  while (payload.size() >= kSpeechBytes) {
    frames_.push_back({payload.first(kSpeechBytes), 0});
    payload = payload.subspan(kSpeechBytes);
  }
  if (payload.size() == kSidBytes) frames_.push_back({{}, 80});
  return payload.empty() || payload.size() == kSidBytes;
}

bool FrameSplitter::split_g723(std::span<const std::uint8_t> payload) {
  constexpr std::array<std::size_t, 4> kBytes{24, 20, 4, 1};  // By the two lowest bits.
  while (!payload.empty()) {
    const unsigned type = payload[0] & 3;
    if (payload.size() < kBytes[type]) return false;
    if (type < 2) {
      frames_.push_back({payload.first(kBytes[type]), 0});
    } else {
      frames_.push_back({{}, 240});
    }
    payload = payload.subspan(kBytes[type]);
  }
  return true;
}

bool FrameSplitter::split_ilbc(std::span<const std::uint8_t> payload) {
  constexpr std::size_t kBytes30Ms = 50;
  constexpr std::size_t kBytes20Ms = 38;
  return split_fixed(payload, payload.size() % kBytes30Ms == 0 ? kBytes30Ms : kBytes20Ms);
}

std::optional<std::size_t> FrameSplitter::amr_bits(std::uint8_t type) const noexcept {
  const bool wide = codec_.kind == CodecKind::kAmrWb;
  if (type == kAmrNoData || (wide && type == kAmrWbLost)) return 0;
  if (wide) return type < kAmrWbBits.size() ? std::optional(kAmrWbBits[type]) : std::nullopt;
  return type < kAmrBits.size() ? std::optional(kAmrBits[type]) : std::nullopt;
}

// The decoder takes frames of RFC 4867 section 5.3: one byte with type and quality, then speech.
void FrameSplitter::add_amr(std::uint8_t type, bool quality,
                            const std::vector<std::uint8_t>& speech) {
  const bool wide = codec_.kind == CodecKind::kAmrWb;
  if (type >= (wide ? kAmrWbBits.size() : kAmrBits.size()) - 1 || !quality) {
    frames_.push_back({{}, wide ? 320u : 160u});
    return;
  }
  auto& frame = storage_.emplace_back();
  frame.push_back(static_cast<std::uint8_t>(type << 3 | 4));
  frame.insert(frame.end(), speech.begin(), speech.end());
  frames_.push_back({frame, 0});
}

// Whether frames are octet-aligned stands in the fmtp line, which is not kept with a recording. The
// length of a payload fits one of the two forms; where it fits both, aligned reserved bits decide.
bool FrameSplitter::split_amr(std::span<const std::uint8_t> payload) {
  if (split_amr_aligned(payload)) return true;
  frames_.clear();
  storage_.clear();
  return split_amr_packed(payload);
}

bool FrameSplitter::split_amr_aligned(std::span<const std::uint8_t> payload) {
  if ((payload[0] & 0x0f) != 0) return false;  // CMR and four reserved bits.
  std::vector<std::uint8_t> toc;
  std::size_t at = 1;
  do {
    if (at == payload.size() || (payload[at] & 3) != 0) return false;
    toc.push_back(payload[at]);
  } while ((payload[at++] & 0x80) != 0);
  for (const std::uint8_t entry : toc) {
    const auto type = static_cast<std::uint8_t>(entry >> 3 & 0x0f);
    const auto bits = amr_bits(type);
    if (!bits || payload.size() - at < (*bits + 7) / 8) return false;
    const auto speech = payload.subspan(at, (*bits + 7) / 8);
    at += speech.size();
    add_amr(type, (entry & 4) != 0, {speech.begin(), speech.end()});
  }
  return at == payload.size();
}

bool FrameSplitter::split_amr_packed(std::span<const std::uint8_t> payload) {
  BitReader bits(payload);
  if (bits.left() < 4) return false;
  bits.take(4);
  std::vector<std::uint8_t> toc;
  do {
    if (bits.left() < 6) return false;
    toc.push_back(bits.take(6));
  } while ((toc.back() & 0x20) != 0);
  for (const std::uint8_t entry : toc) {
    const auto type = static_cast<std::uint8_t>(entry >> 1 & 0x0f);
    const auto count = amr_bits(type);
    if (!count || bits.left() < *count) return false;
    std::vector<std::uint8_t> speech;
    for (std::size_t left = *count; left > 0;) {
      const auto now = static_cast<unsigned>(std::min<std::size_t>(left, 8));
      speech.push_back(static_cast<std::uint8_t>(bits.take(now) << (8 - now)));
      left -= now;
    }
    add_amr(type, (entry & 1) != 0, speech);
  }
  return bits.left() < 8;  // Padding to the octet.
}

}  // namespace opptak::control::render
