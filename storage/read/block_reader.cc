#include "storage/read/block_reader.h"

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "storage/base/file.h"
#include "storage/segment/layout.h"

namespace opptak::storage {

namespace {
// Larger than any block a writer makes: keeps a bad location from asking for gigabytes.
constexpr std::uint32_t kBlockBytesMax = 16U << 20;
}  // namespace

BlockReader::BlockReader(const std::filesystem::path& store, const RecordingId& recording,
                         const RecordingKey& key)
    : files_(store),
      recording_(recording),
      sealer_(make_sealer()),
      key_(std::make_unique<SealKey>()) {
  sealer_->prepare(*key_, key.bytes());
}

ReadFailure BlockReader::failure(ReadError code, const BlockLocation& location,
                                 std::string_view why) const {
  return {code, fmt::format("recording {}: block at {} byte {} ({} bytes): {}",
                            to_string(recording_), segment_file_name(location.segment),
                            location.offset_bytes, location.bytes, why)};
}

std::expected<void, ReadFailure> BlockReader::fetch(const BlockLocation& location) {
  if (location.bytes < kSectorBytes || location.bytes > kBlockBytesMax ||
      location.bytes % kSectorBytes != 0 || location.offset_bytes % kSectorBytes != 0) {
    return std::unexpected(
        failure(ReadError::kOutOfSegment, location, "no whole number of sectors"));
  }
  const auto segment = files_.open(location.segment);
  if (!segment) {
    if (segment.error() == ENOENT) {
      return std::unexpected(
          failure(ReadError::kMissingSegment, location, "the segment file is gone"));
    }
    return std::unexpected(failure(ReadError::kSystem, location, errno_text(segment.error())));
  }
  if (location.bytes > segment->size_bytes ||
      location.offset_bytes > segment->size_bytes - location.bytes) {
    return std::unexpected(
        failure(ReadError::kOutOfSegment, location,
                fmt::format("the segment has only {} bytes", segment->size_bytes)));
  }
  block_.resize(location.bytes);
  if (const int error = read_all(segment->descriptor, block_, location.offset_bytes); error != 0) {
    return std::unexpected(failure(ReadError::kSystem, location, errno_text(error)));
  }
  return {};
}

std::expected<std::span<const std::uint8_t>, ReadFailure> BlockReader::read(
    const BlockLocation& location, BlockKind kind) {
  if (auto fetched = fetch(location); !fetched) return std::unexpected(fetched.error());
  BlockHeader header;
  std::memcpy(&header, block_.data(), sizeof header);
  if (!plausible_block_header(header, location.bytes) || header.block_bytes != location.bytes) {
    return std::unexpected(failure(ReadError::kNoBlock, location, "there is no block"));
  }
  const auto sealed = std::span(block_).subspan(kBlockHeaderBytes);
  if (!sealer_->open(*key_, header, sealed, sealed.data())) {
    return std::unexpected(failure(ReadError::kTagMismatch, location,
                                   "its tag does not match: changed, or another recording's"));
  }
  BlockHead head;
  std::memcpy(&head, sealed.data(), sizeof head);
  if (head.recording != recording_.bytes || header.kind != kind) {
    return std::unexpected(
        failure(ReadError::kWrongRecording, location, "it is verified, but not what it should be"));
  }
  if (head.used_bytes < kBlockHeadBytes || head.used_bytes > sealed.size()) {
    return std::unexpected(
        failure(ReadError::kBadPackets, location, "it says that it uses more than it has"));
  }
  return sealed.first(head.used_bytes);
}

}  // namespace opptak::storage
