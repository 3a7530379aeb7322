// Audio of stored recordings for the HTTP server: catalogue row, key, then opptak-render. Any
// thread, several at a time; what is referred to outlives it.
#pragma once

#include <filesystem>

#include "control/http/audio_source.h"
#include "control/http/readers.h"
#include "storage/key/key_store.h"

namespace opptak::control {

class RenderAudioSource final : public http::AudioSource {
 public:
  RenderAudioSource(std::filesystem::path store, http::OpenReader open_reader,
                    const storage::KeyStore& keys);

  [[nodiscard]] std::expected<http::AudioBytes, http::AudioError> wav(
      const RecordingId& recording) override;

 private:
  std::filesystem::path store_;
  http::Readers readers_;
  const storage::KeyStore& keys_;
  std::filesystem::path program_;
};

}  // namespace opptak::control
