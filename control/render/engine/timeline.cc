#include "control/render/engine/timeline.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <utility>

#include "storage/base/bytes.h"

namespace opptak::control::render {
namespace {

constexpr std::size_t kChannels = 2;
constexpr std::size_t kFrameBytes = kChannels * sizeof(std::int16_t);

}  // namespace

void Timeline::FreeMemory::operator()(std::int16_t* memory) const noexcept { std::free(memory); }

Timeline::Timeline(std::uint32_t sample_hz, std::int64_t frames_max,
                   std::unique_ptr<std::int16_t[], FreeMemory> samples) noexcept
    : sample_hz_(sample_hz), frames_max_(frames_max), samples_(std::move(samples)) {}

std::unique_ptr<Timeline> Timeline::create(std::uint32_t sample_hz, std::int64_t frames_max) {
  // calloc: zero pages that nobody touches are never made.
  auto* memory =
      static_cast<std::int16_t*>(std::calloc(static_cast<std::size_t>(frames_max), kFrameBytes));
  if (memory == nullptr) return nullptr;
  return std::unique_ptr<Timeline>(
      new Timeline(sample_hz, frames_max, std::unique_ptr<std::int16_t[], FreeMemory>(memory)));
}

void Timeline::extend_to(std::int64_t end) noexcept {
  cut_ |= end > frames_max_;
  frames_ = std::clamp(end, frames_, frames_max_);
}

void Timeline::add(unsigned channel, std::int64_t at,
                   std::span<const std::int16_t> samples) noexcept {
  if (at < 0) {
    const auto before = std::min<std::uint64_t>(static_cast<std::uint64_t>(-at), samples.size());
    samples = samples.subspan(static_cast<std::size_t>(before));
    at = 0;
  }
  if (samples.empty()) return;
  if (at >= frames_max_) {
    cut_ = true;
    return;
  }
  extend_to(at + static_cast<std::int64_t>(samples.size()));
  const auto room = static_cast<std::uint64_t>(frames_max_ - at);
  samples = samples.first(std::min<std::uint64_t>(room, samples.size()));
  std::int16_t* to = samples_.get() + static_cast<std::size_t>(at) * kChannels + channel;
  for (const std::int16_t sample : samples) {
    const int sum = *to + sample;
    *to = static_cast<std::int16_t>(std::clamp<int>(sum, std::numeric_limits<std::int16_t>::min(),
                                                    std::numeric_limits<std::int16_t>::max()));
    to += kChannels;
  }
}

std::span<const std::uint8_t> Timeline::wav_samples() const noexcept {
  return {reinterpret_cast<const std::uint8_t*>(samples_.get()),
          static_cast<std::size_t>(frames_) * kFrameBytes};
}

std::vector<std::uint8_t> Timeline::wav_header() const {
  const auto data_bytes = static_cast<std::uint32_t>(wav_samples().size());
  std::vector<std::uint8_t> header(kWavHeaderBytes);
  std::uint8_t* at = header.data();
  std::memcpy(at, "RIFF", 4);
  store_le(at + 4, static_cast<std::uint32_t>(data_bytes + kWavHeaderBytes - 8));
  std::memcpy(at + 8, "WAVEfmt ", 8);
  store_le(at + 16, std::uint32_t{16});
  store_le(at + 20, std::uint16_t{1});  // PCM.
  store_le(at + 22, static_cast<std::uint16_t>(kChannels));
  store_le(at + 24, sample_hz_);
  store_le(at + 28, static_cast<std::uint32_t>(sample_hz_ * kFrameBytes));
  store_le(at + 32, static_cast<std::uint16_t>(kFrameBytes));
  store_le(at + 34, std::uint16_t{16});
  std::memcpy(at + 36, "data", 4);
  store_le(at + 40, data_bytes);
  return header;
}

}  // namespace opptak::control::render
