#include "control/main/render_audio_source.h"

#include <utility>

#include <spdlog/spdlog.h>

#include "control/render/client.h"
#include "control/render/recording_audio.h"

namespace opptak::control {

namespace {

using http::AudioError;

AudioError unavailable(const RecordingId& recording, const std::string& why) {
  spdlog::error("audio of recording {}: {}", to_string(recording), why);
  return AudioError::kUnavailable;
}

}  // namespace

RenderAudioSource::RenderAudioSource(std::filesystem::path store, http::OpenReader open_reader,
                                     const storage::KeyStore& keys)
    : store_(std::move(store)),
      readers_(std::move(open_reader)),
      keys_(keys),
      program_(render::render_program()) {}

std::expected<http::AudioBytes, AudioError> RenderAudioSource::wav(const RecordingId& recording) {
  auto reader = readers_.take();
  if (!reader) return std::unexpected(unavailable(recording, reader.error().message));
  const auto row = (**reader).find_recording(recording);
  if (!row) return std::unexpected(unavailable(recording, row.error().message));
  if (!*row) return std::unexpected(AudioError::kNotFound);
  const RecordingState state = (*row)->state;
  if (state == RecordingState::kErasing || state == RecordingState::kErased) {
    return std::unexpected(AudioError::kErased);
  }
  if (state != RecordingState::kStored) return std::unexpected(AudioError::kNotFound);
  const auto streams = (**reader).streams_of(recording);
  if (!streams) return std::unexpected(unavailable(recording, streams.error().message));
  const auto key = keys_.find(recording);
  if (!key) {
    if (key.error().code == storage::KeyError::kErased) {
      return std::unexpected(AudioError::kErased);
    }
    return std::unexpected(unavailable(recording, key.error().message));
  }
  render::RenderOptions options;
  options.program = program_;
  auto audio = render::render_recording(store_, **row, *streams, *key, options);
  if (!audio) {
    if (audio.error().code == render::RenderError::kNothingToPlay) {
      return std::unexpected(AudioError::kUnplayable);
    }
    return std::unexpected(unavailable(recording, audio.error().message));
  }
  for (const std::string& warning : audio->warnings) {
    spdlog::warn("audio of recording {}: {}", to_string(recording), warning);
  }
  return std::make_shared<const std::vector<std::uint8_t>>(std::move(audio->wav));
}

}  // namespace opptak::control
