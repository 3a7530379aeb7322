// One codec's decoder with the conversion to the output: payloads in, mono 16-bit samples at the
// output's rate out. libavcodec decodes, libswresample resamples; both stay behind this header.
// One thread; runs inside opptak-render's sandbox only.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "control/render/engine/codec.h"

namespace opptak::control::render {

class Decoder {
 public:
  // Null where no decoder for the codec is built in, or memory has run out.
  [[nodiscard]] static std::unique_ptr<Decoder> create(const Codec& codec, std::uint32_t output_hz);
  ~Decoder();
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  // Appends what the payload holds; frames that do not decode become silence of their length where
  // that is known. Returns false if nothing of it could be used.
  bool decode(std::span<const std::uint8_t> payload, std::vector<std::int16_t>& out);

  // Appends what the resampler still holds and forgets all state: a gap follows.
  void drain(std::vector<std::int16_t>& out);

  // Samples at the output's rate that the input so far amounts to, since creation or drain().
  [[nodiscard]] std::int64_t produced() const noexcept;

 private:
  class Impl;
  explicit Decoder(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace opptak::control::render
