#include "control/render/engine/engine.h"

#include <algorithm>
#include <utility>
#include <variant>

extern "C" {
#include <libavutil/log.h>
}

namespace opptak::control::render {
namespace {

constexpr std::uint32_t kTelephoneHz = 8'000;
constexpr std::uint32_t kWidebandHz = 16'000;

}  // namespace

Engine::Engine(EngineLimits limits, Warn warn) : limits_(limits), warn_(std::move(warn)) {
  av_log_set_level(AV_LOG_QUIET);
}

void Engine::take_stream(Track::Names names) {
  if (timeline_) {
    tracks_.push_back(
        std::make_unique<Track>(std::move(names), reader_.header().start_us, *timeline_, warn_));
    return;
  }
  wideband_ |= names.wideband;
  waiting_.push_back(std::move(names));
}

std::expected<void, EngineError> Engine::start() {
  if (timeline_) return {};
  const JobHeader& header = reader_.header();
  std::uint32_t hz = header.sample_rate_hz;
  if (hz == 0) hz = wideband_ ? kWidebandHz : kTelephoneHz;
  std::int64_t frames_max = limits_.frames_max;
  if (header.seconds_max != 0) {
    frames_max = std::min(frames_max, std::int64_t{header.seconds_max} * hz);
  }
  timeline_ = Timeline::create(hz, frames_max);
  if (!timeline_) return std::unexpected(EngineError::kNoMemory);
  for (Track::Names& names : waiting_) take_stream(std::move(names));
  waiting_.clear();
  return {};
}

std::expected<void, EngineError> Engine::feed(std::span<const std::uint8_t> bytes) {
  reader_.feed(bytes);
  PipeFrame frame;
  for (;;) {
    const auto step = reader_.next(frame);
    if (!step) return std::unexpected(EngineError::kBadJob);
    if (*step != PipeReader::Step::kFrame) return {};
    if (const auto* stream = std::get_if<PipeStream>(&frame)) {
      take_stream(Track::Names(*stream));
      continue;
    }
    if (const auto started = start(); !started) return started;
    const auto& packet = std::get<PipePacket>(frame);
    tracks_[packet.stream]->add(packet);
  }
}

std::expected<const Timeline*, EngineError> Engine::finish() {
  if (!reader_.ended()) return std::unexpected(EngineError::kBadJob);
  bool heard = false;
  for (const auto& track : tracks_) {
    track->finish();
    heard |= track->heard();
  }
  if (!heard) return std::unexpected(EngineError::kNothingToPlay);
  if (timeline_->cut()) warn_("the recording is longer than can be rendered: its end is left out");
  return timeline_.get();
}

}  // namespace opptak::control::render
