// Where a recording's audio comes from: control/render makes it in a process without rights. The
// HTTP server keeps what it got in memory for a while (audio_cache.h), never on disk.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <vector>

#include "storage/base/ids.h"

namespace opptak::control::http {

enum class AudioError : std::uint8_t {
  kNotFound,     // No such recording, or nothing of it is stored yet.
  kErased,       // Its key is destroyed.
  kUnplayable,   // No stream in a codec that can be rendered.
  kBusy,         // Every renderer is at work; try again.
  kUnavailable,  // Renderer, key or store failed; the log says what.
};

using AudioBytes = std::shared_ptr<const std::vector<std::uint8_t>>;

class AudioSource {
 public:
  virtual ~AudioSource() = default;
  // The whole WAV file: two channels, caller left, callee right. Blocks; any thread, several at
  // a time.
  [[nodiscard]] virtual std::expected<AudioBytes, AudioError> wav(const RecordingId& recording) = 0;
};

}  // namespace opptak::control::http
