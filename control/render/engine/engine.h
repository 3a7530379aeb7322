// Renders one job: pipe bytes in, time axis out. All of what opptak-render does besides giving up
// its rights and moving bytes, so that tests and the fuzzer can run it. One thread.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "control/render/engine/timeline.h"
#include "control/render/engine/track.h"
#include "control/render/pipe.h"

namespace opptak::control::render {

// Exit statuses of opptak-render beside 0.
enum class EngineError : std::uint8_t {
  kBadJob = 2,         // The job breaks the format, or is cut.
  kNothingToPlay = 3,  // No audio in a codec that can be decoded.
  kNoMemory = 4,
};

struct EngineLimits {
  // Four hours of telephone audio, two of wideband.
  std::int64_t frames_max = std::int64_t{4} * 3'600 * 8'000;
};

class Engine {
 public:
  using Warn = std::function<void(const std::string&)>;

  Engine(EngineLimits limits, Warn warn);

  // More of the job. After an error the engine is of no more use.
  [[nodiscard]] std::expected<void, EngineError> feed(std::span<const std::uint8_t> bytes);
  // The job's input has ended. The timeline lives as long as the engine.
  [[nodiscard]] std::expected<const Timeline*, EngineError> finish();

 private:
  [[nodiscard]] std::expected<void, EngineError> start();
  void take_stream(Track::Names names);

  EngineLimits limits_;
  Warn warn_;
  PipeReader reader_;
  bool wideband_ = false;
  // Streams wait for the first packet, since the rate depends on them.
  std::vector<Track::Names> waiting_;
  std::unique_ptr<Timeline> timeline_;
  std::vector<std::unique_ptr<Track>> tracks_;
};

}  // namespace opptak::control::render
