#include "control/cli/replay_export.h"

#include <cerrno>
#include <cstring>
#include <map>
#include <span>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "control/cli/programs.h"
#include "control/readback/rtpdump.h"
#include "control/render/recording_audio.h"
#include "storage/read/recording_reader.h"

namespace opptak::control::cli {
namespace {

CliResult<void> export_streams(const ReplayedRecording& recording,
                               const std::filesystem::path& store, const storage::RecordingKey& key,
                               const std::filesystem::path& directory) {
  const RecordingRow& row = recording.row;
  auto reader = storage::RecordingReader::open(store, row.id, key,
                                               {.segment = row.extents.segment,
                                                .offset_bytes = row.extents.offset_bytes,
                                                .bytes = row.extents.bytes});
  if (!reader) return fail(reader.error().message);
  std::map<StreamKey, readback::RtpdumpWriter> dumps;
  for (const auto& stream : recording.streams) {
    dumps.try_emplace(stream.key, stream.key, stream.summary.first_arrival);
  }
  const auto read = reader->for_each_packet(
      [&dumps](const storage::RecordedStream& stream, const storage::RtpRecord& packet) {
        if (const auto dump = dumps.find(stream.key); dump != dumps.end()) dump->second.add(packet);
      });
  if (!read) return fail(read.error().message);
  for (std::size_t i = 0; i < recording.streams.size(); ++i) {
    const auto file = directory / fmt::format("{}.{}.rtpdump", to_string(row.id), i);
    auto written = write_private_file(file, dumps.at(recording.streams[i].key).bytes());
    if (!written) return written;
  }
  return {};
}

CliResult<void> export_audio(const ReplayedRecording& recording, const std::filesystem::path& store,
                             const storage::RecordingKey& key,
                             const std::filesystem::path& directory) {
  const std::string id = to_string(recording.row.id);
  const auto audio = render::render_recording(store, recording.row, recording.stream_rows, key,
                                              {.program = programs_directory() / "opptak-render"});
  if (!audio && audio.error().code == render::RenderError::kNothingToPlay) {
    fmt::print(stderr, "opptak: {}\n", audio.error().message);
    return {};
  }
  if (!audio) return fail(audio.error().message);
  for (const std::string& warning : audio->warnings) {
    fmt::print(stderr, "opptak: {}.wav: {}\n", id, warning);
  }
  return write_private_file(directory / (id + ".wav"), audio->wav);
}

}  // namespace

CliResult<void> write_private_file(const std::filesystem::path& file,
                                   std::span<const std::uint8_t> bytes) {
  const auto failed = [&file](int error) {
    return fail(
        fmt::format("{} cannot be written: {}; choose a place with room that you may write "
                    "to.",
                    file.string(), strerror(error)));
  };
  const int descriptor = open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) return failed(errno);
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const int error = errno;
      close(descriptor);
      return failed(error);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  if (close(descriptor) != 0) return failed(errno);
  return {};
}

CliResult<void> export_replay(const ReplayReport& report, const std::filesystem::path& store,
                              const storage::KeyStore& keys,
                              const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) {
    return fail(fmt::format("The directory {} cannot be made: {}; choose another one.",
                            directory.string(), error.message()));
  }
  for (const ReplayedCall& call : report.calls) {
    for (const ReplayedRecording& recording : call.recordings) {
      if (recording.row.extents.segment == 0) continue;
      const auto key = keys.find(recording.row.id);
      if (!key) return fail(key.error().message);
      if (auto done = export_streams(recording, store, *key, directory); !done) return done;
      if (auto done = export_audio(recording, store, *key, directory); !done) return done;
    }
  }
  return {};
}

}  // namespace opptak::control::cli
