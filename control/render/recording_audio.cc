#include "control/render/recording_audio.h"

#include <map>
#include <utility>

#include <fmt/format.h>

#include "storage/read/recording_reader.h"

namespace opptak::control::render {
namespace {

constexpr std::size_t kExtentsAtOnce = 4;

struct StreamPlan {
  std::vector<RenderStream> streams;
  std::map<StreamKey, std::uint16_t> index;
};

// A stream that fell silent and came back has several rows: one track.
StreamPlan plan_streams(const std::vector<StreamRow>& rows) {
  StreamPlan plan;
  for (const StreamRow& row : rows) {
    const auto [at, added] =
        plan.index.try_emplace(row.key, static_cast<std::uint16_t>(plan.streams.size()));
    if (added) {
      plan.streams.push_back({.speaker = row.speaker, .codecs = row.codecs});
      continue;
    }
    auto& codecs = plan.streams[at->second].codecs;
    codecs.insert(codecs.end(), row.codecs.begin(), row.codecs.end());
  }
  return plan;
}

// Hands the packets of a few blocks at a time to the pipe.
class BlockFeed {
 public:
  BlockFeed(storage::RecordingReader& reader, StreamPlan& plan) : reader_(reader), plan_(plan) {}

  std::expected<bool, RenderError> next(PipeWriter& pipe) {
    const auto& extents = reader_.extents();
    for (std::size_t i = 0; i < kExtentsAtOnce && at_ < extents.size(); ++i, ++at_) {
      if (!feed_block(extents[at_], pipe)) return std::unexpected(RenderError::kSource);
    }
    return at_ < extents.size();
  }

  std::string message;

 private:
  bool feed_block(const storage::Extent& extent, PipeWriter& pipe) {
    const auto block = reader_.read_block(extent);
    if (!block) {
      message = block.error().message;
      return false;
    }
    const auto [stream, added] = plan_.index.try_emplace(
        storage::stream_key_of(*block->head), static_cast<std::uint16_t>(plan_.index.size()));
    if (stream->second >= kStreamsMax) return true;
    // A stream that stands in no row plays by the block's own words.
    if (added) pipe.stream({.speaker = block->head->speaker, .codecs = {}});
    storage::RecordDecoder records(block->records);
    storage::RtpRecord packet;
    for (;;) {
      const auto result = records.next(packet);
      if (result == storage::RecordResult::kEnd) return true;
      if (result == storage::RecordResult::kMalformed) {
        message = "a verified block holds records that no writer writes";
        return false;
      }
      pipe.packet({.stream = stream->second,
                   .arrival_us = packet.arrival_us,
                   .timestamp = packet.timestamp,
                   .sequence = packet.sequence,
                   .marker_and_type = packet.marker_and_type,
                   .payload = packet.media()});
    }
  }

  storage::RecordingReader& reader_;
  StreamPlan& plan_;
  std::size_t at_ = 0;
};

RecordingAudioFailure failure_of(RenderError code, const RecordingRow& recording,
                                 std::string_view why) {
  return {code, fmt::format("Recording {} cannot be played: {}", to_string(recording.id), why)};
}

}  // namespace

std::expected<RenderedAudio, RecordingAudioFailure> render_recording(
    const std::filesystem::path& store, const RecordingRow& recording,
    const std::vector<StreamRow>& streams, const storage::RecordingKey& key,
    const RenderOptions& options) {
  if (recording.extents.segment == 0) {
    return std::unexpected(
        failure_of(RenderError::kNothingToPlay, recording, "nothing of it is stored."));
  }
  auto reader = storage::RecordingReader::open(store, recording.id, key,
                                               {.segment = recording.extents.segment,
                                                .offset_bytes = recording.extents.offset_bytes,
                                                .bytes = recording.extents.bytes});
  if (!reader) {
    return std::unexpected(failure_of(RenderError::kSource, recording, reader.error().message));
  }
  StreamPlan plan = plan_streams(streams);
  std::vector<RenderStream> first_streams = plan.streams;
  if (first_streams.size() > kStreamsMax) first_streams.resize(kStreamsMax);
  BlockFeed blocks(*reader, plan);
  const UnixNs start{static_cast<std::int64_t>(reader->summary().first_arrival_us) * kNsPerUs};
  auto audio = render(options, start, first_streams,
                      [&blocks](PipeWriter& pipe) { return blocks.next(pipe); });
  if (!audio) {
    const std::string why = audio.error() == RenderError::kSource
                                ? blocks.message
                                : std::string(message_of(audio.error()));
    return std::unexpected(failure_of(audio.error(), recording, why));
  }
  return std::move(*audio);
}

}  // namespace opptak::control::render
