// A stored recording as audio: decrypts and verifies its blocks (storage/read) and has them
// rendered (client.h). Thread: any, several at a time; blocks.
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <vector>

#include "control/catalogue/rows.h"
#include "control/render/client.h"
#include "storage/key/recording_key.h"

namespace opptak::control::render {

struct RecordingAudioFailure {
  RenderError code;
  std::string message;  // One sentence for the log. No phone number, no key.
};

// `streams` are the catalogue's rows of the recording: they name the codecs. Streams without a row
// are rendered by the static payload types (RFC 3551 section 6).
[[nodiscard]] std::expected<RenderedAudio, RecordingAudioFailure> render_recording(
    const std::filesystem::path& store, const RecordingRow& recording,
    const std::vector<StreamRow>& streams, const storage::RecordingKey& key,
    const RenderOptions& options);

}  // namespace opptak::control::render
