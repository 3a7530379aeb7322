// The audio of a recording on its way to a WAV file: two channels of 16-bit samples on one time
// axis, silent where nothing was added. Memory is taken at construction and costs what is touched.
// One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace opptak::control::render {

inline constexpr std::size_t kWavHeaderBytes = 44;

class Timeline {
 public:
  // Null where there is no memory for so many frames (a frame is one sample of each channel).
  [[nodiscard]] static std::unique_ptr<Timeline> create(std::uint32_t sample_hz,
                                                        std::int64_t frames_max);

  // Adds samples to a channel (0 left, 1 right) from frame `at` on; what lies outside of the time
  // axis is left out. Sums are clipped.
  void add(unsigned channel, std::int64_t at, std::span<const std::int16_t> samples) noexcept;
  // The recording lasts at least up to this frame.
  void extend_to(std::int64_t end) noexcept;

  [[nodiscard]] std::int64_t frames() const noexcept { return frames_; }
  [[nodiscard]] std::uint32_t sample_hz() const noexcept { return sample_hz_; }
  // Whether something did not fit before frames_max.
  [[nodiscard]] bool cut() const noexcept { return cut_; }

  // The WAV file: header, then the samples as they lie in memory.
  [[nodiscard]] std::vector<std::uint8_t> wav_header() const;
  [[nodiscard]] std::span<const std::uint8_t> wav_samples() const noexcept;

 private:
  struct FreeMemory {
    void operator()(std::int16_t* memory) const noexcept;
  };
  Timeline(std::uint32_t sample_hz, std::int64_t frames_max,
           std::unique_ptr<std::int16_t[], FreeMemory> samples) noexcept;

  std::uint32_t sample_hz_;
  std::int64_t frames_max_;
  std::int64_t frames_ = 0;
  bool cut_ = false;
  std::unique_ptr<std::int16_t[], FreeMemory> samples_;  // Interleaved.
};

}  // namespace opptak::control::render
