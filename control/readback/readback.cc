#include "control/readback/readback.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "storage/read/recording_reader.h"

namespace opptak::control::readback {
namespace {

// What the catalogue's rows of one stream say together.
struct Claimed {
  std::uint64_t packets = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t reordered = 0;
  std::uint64_t lost = 0;
  std::size_t rows = 0;
  std::vector<CodecRow> codecs;
};

std::map<StreamKey, Claimed> claims_of(const std::vector<StreamRow>& rows) {
  std::map<StreamKey, Claimed> claims;
  for (const StreamRow& row : rows) {
    Claimed& claimed = claims[row.key];
    claimed.packets += row.packets;
    claimed.duplicates += row.duplicates;
    claimed.reordered += row.reordered;
    claimed.lost += row.lost;
    ++claimed.rows;
    for (const CodecRow& codec : row.codecs) {
      const bool known = std::ranges::any_of(claimed.codecs, [&codec](const CodecRow& other) {
        return other.payload_type == codec.payload_type;
      });
      if (!known) claimed.codecs.push_back(codec);
    }
  }
  return claims;
}

struct Reading {
  storage::RecordedStream stream;
  StreamDigest digest;
};

std::string stream_name(const StreamKey& key) {
  return fmt::format("{} -> {} ssrc {}", to_string(key.src), to_string(key.dst), key.ssrc);
}

// The first thing that differs, or nothing.
std::optional<std::string> mismatch_of(const StreamReadback& read, const Claimed& claimed) {
  const StreamSummary& summary = read.summary;
  const auto differs = [&read](std::string_view what, std::uint64_t stored, std::uint64_t said) {
    return fmt::format("stream {} holds {} {} but the catalogue says {}", stream_name(read.key),
                       stored, what, said);
  };
  if (summary.copies != 0) return differs("packets twice", summary.copies, 0);
  if (summary.packets != claimed.packets) {
    return differs("packets", summary.packets, claimed.packets);
  }
  // Between two rows of one stream nobody counted.
  if (claimed.rows != 1) return std::nullopt;
  if (summary.reordered != claimed.reordered) {
    return differs("reordered packets", summary.reordered, claimed.reordered);
  }
  if (summary.lost != claimed.lost) return differs("lost packets", summary.lost, claimed.lost);
  return std::nullopt;
}

std::optional<std::string> mismatch_of(const RecordingRow& row, const RecordingReadback& read,
                                       const std::map<StreamKey, Claimed>& claims) {
  if (read.packets != row.packets) {
    return fmt::format("it holds {} packets but the catalogue says {}", read.packets, row.packets);
  }
  for (const StreamReadback& stream : read.streams) {
    const auto claimed = claims.find(stream.key);
    if (claimed == claims.end()) {
      return fmt::format("stream {} is not in the catalogue", stream_name(stream.key));
    }
    if (auto mismatch = mismatch_of(stream, claimed->second)) return mismatch;
  }
  for (const auto& [key, claimed] : claims) {
    const bool found = std::ranges::any_of(
        read.streams, [&key](const StreamReadback& stream) { return stream.key == key; });
    if (!found && claimed.packets != 0) {
      return fmt::format("stream {} is in the catalogue and not in the store", stream_name(key));
    }
  }
  return std::nullopt;
}

ReadbackFailure failure_of(ReadbackError code, const RecordingRow& row, std::string_view why) {
  return {code, fmt::format("Recording {}: {}", to_string(row.id), why)};
}

}  // namespace

std::expected<RecordingReadback, ReadbackFailure> read_back(const std::filesystem::path& store,
                                                            const RecordingRow& recording,
                                                            const std::vector<StreamRow>& streams,
                                                            const storage::RecordingKey& key) {
  if (recording.state != RecordingState::kStored || recording.extents.segment == 0) {
    return std::unexpected(failure_of(ReadbackError::kNotStored, recording,
                                      "the catalogue says that it is not stored"));
  }
  auto reader = storage::RecordingReader::open(store, recording.id, key,
                                               {.segment = recording.extents.segment,
                                                .offset_bytes = recording.extents.offset_bytes,
                                                .bytes = recording.extents.bytes});
  if (!reader) {
    return std::unexpected(
        failure_of(ReadbackError::kUnreadable, recording, reader.error().message));
  }
  std::vector<Reading> readings;
  const auto all = reader->for_each_packet(
      [&readings](const storage::RecordedStream& stream, const storage::RtpRecord& packet) {
        while (readings.size() <= stream.index) readings.emplace_back();
        readings[stream.index].stream = stream;
        readings[stream.index].digest.add(packet);
      });
  if (!all) {
    return std::unexpected(failure_of(ReadbackError::kUnreadable, recording, all.error().message));
  }
  const auto claims = claims_of(streams);
  RecordingReadback read{.recording = recording.id, .packets = 0, .streams = {}};
  for (Reading& reading : readings) {
    StreamReadback& stream = read.streams.emplace_back();
    stream.key = reading.stream.key;
    stream.speaker = reading.stream.speaker;
    stream.summary = reading.digest.finish();
    read.packets += stream.summary.packets + stream.summary.copies;
    if (const auto claimed = claims.find(stream.key); claimed != claims.end()) {
      stream.duplicates = claimed->second.duplicates;
      stream.codecs = claimed->second.codecs;
    }
  }
  std::ranges::sort(read.streams, [](const StreamReadback& left, const StreamReadback& right) {
    return std::pair(left.summary.first_arrival, left.key) <
           std::pair(right.summary.first_arrival, right.key);
  });
  if (const auto mismatch = mismatch_of(recording, read, claims)) {
    return std::unexpected(failure_of(ReadbackError::kMismatch, recording, *mismatch));
  }
  return read;
}

}  // namespace opptak::control::readback
