// Reads a recording back from the store, decrypted and verified, and holds it against what the
// catalogue says of it. Thread: any, several at a time; blocks.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>
#include <vector>

#include "control/catalogue/rows.h"
#include "control/readback/stream_digest.h"
#include "storage/base/endpoint.h"
#include "storage/key/recording_key.h"

namespace opptak::control::readback {

enum class ReadbackError : std::uint8_t {
  kNotStored,   // The row says that nothing of it is stored (yet), or that it is erased.
  kUnreadable,  // A block or the extent list is missing, damaged or sealed with another key.
  kMismatch,    // What was read is not what the catalogue says.
};

struct ReadbackFailure {
  ReadbackError code;
  std::string message;  // One sentence: which recording, what differs.
};

struct StreamReadback {
  StreamKey key;
  std::uint8_t speaker = 0;  // 0 caller, 1 callee.
  StreamSummary summary;
  // From the catalogue, since copies are not stored; rows of one stream added up.
  std::uint64_t duplicates = 0;
  std::vector<CodecRow> codecs;
};

struct RecordingReadback {
  RecordingId recording;
  std::uint64_t packets = 0;
  std::vector<StreamReadback> streams;  // By first packet.
};

// `streams` are the catalogue's rows of the recording. A stream that fell silent and came back has
// several rows there, and one entry here.
[[nodiscard]] std::expected<RecordingReadback, ReadbackFailure> read_back(
    const std::filesystem::path& store, const RecordingRow& recording,
    const std::vector<StreamRow>& streams, const storage::RecordingKey& key);

}  // namespace opptak::control::readback
