// Audio for people, made by opptak-render: one process a job, without rights, killed at its
// deadline (docs/formats/render-pipe.md). Everything stays in memory; nothing touches a disk.
//
// Thread: any, several at a time; a call blocks until the process has ended.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "control/catalogue/rows.h"
#include "control/render/pipe.h"

namespace opptak::control::render {

enum class RenderError : std::uint8_t {
  kCannotStart,    // opptak-render is missing or may not be run.
  kTimeout,        // Not done by the deadline; killed.
  kCrashed,        // Ended by a signal or without a whole WAV file.
  kBadJob,         // opptak-render did not understand the job: versions that do not fit.
  kNothingToPlay,  // No stream in a codec that can be decoded.
  kNoMemory,       // It ran into its limits, or could not give up its rights.
  kSource,         // The recording could not be read; RecordingAudioError says why.
};

[[nodiscard]] std::string_view message_of(RenderError error) noexcept;  // One sentence.

struct RenderOptions {
  std::filesystem::path program;         // See render_program().
  std::uint32_t sample_rate_hz = 0;      // 8'000, 16'000, or 0: as the codecs deserve.
  std::uint32_t seconds_max = 0;         // 0: opptak-render's own limit.
  std::uint32_t deadline_ms = 60'000;    // From start to end.
  std::size_t wav_bytes_max = 1u << 30;  // More is kNoMemory.
};

struct RenderStream {
  std::uint8_t speaker = 0;  // 0 caller, 1 callee.
  std::vector<CodecRow> codecs;
};

// Puts the next packets of the job, some 100 at a time, in order of arrival within each stream.
// Returns true if there are more, false at the end.
using PacketFeed = std::function<std::expected<bool, RenderError>(PipeWriter&)>;

// `start` is the time of the WAV's first sample: the first arrival of all streams.
struct RenderedAudio {
  std::vector<std::uint8_t> wav;
  std::vector<std::string> warnings;  // Codecs that could not be decoded, audio left out.
};

[[nodiscard]] std::expected<RenderedAudio, RenderError> render(
    const RenderOptions& options, UnixNs start, const std::vector<RenderStream>& streams,
    const PacketFeed& feed);

// opptak-render beside the running program.
[[nodiscard]] std::filesystem::path render_program();

}  // namespace opptak::control::render
