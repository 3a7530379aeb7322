// Writes what a replay recorded into files for people and other tools: per recording
// RECORDING_ID.wav, per stream RECORDING_ID.STREAM.rtpdump (STREAM counts from 0, in the order of
// the report). Files are readable by their owner only. One thread.
#pragma once

#include <filesystem>

#include "control/cli/failure.h"
#include "control/cli/replay_report.h"
#include "storage/key/key_store.h"

namespace opptak::control::cli {

// What cannot be heard has no WAV; standard error says so.
[[nodiscard]] CliResult<void> export_replay(const ReplayReport& report,
                                            const std::filesystem::path& store,
                                            const storage::KeyStore& keys,
                                            const std::filesystem::path& directory);

// Makes or replaces a file, mode 0600.
[[nodiscard]] CliResult<void> write_private_file(const std::filesystem::path& file,
                                                 std::span<const std::uint8_t> bytes);

}  // namespace opptak::control::cli
