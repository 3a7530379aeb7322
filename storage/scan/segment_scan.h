// Finds the blocks of recordings in segments when nobody remembers where they are: after a crash
// of the dataplane. Reads clear headers at sector steps, skips what was never written or punched
// out, and verifies each block of a wanted recording before it is believed. Torn tails, foreign
// bytes and damaged blocks are counted and stepped over.
//
// Runs on the calling thread and blocks for the time of reading.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "storage/base/failure.h"
#include "storage/base/ids.h"
#include "storage/base/time.h"
#include "storage/block/format.h"
#include "storage/extent/extent_list.h"
#include "storage/key/recording_key.h"
#include "storage/segment/layout.h"

namespace opptak::storage {

enum class ScanError : std::uint8_t {
  kNoSegments,  // The segments directory cannot be read.
  kSystem,      // Reading failed; the message names the segment.
};
using ScanFailure = Failure<ScanError>;

struct ScanTarget {
  StoreTag tag;
  RecordingId recording;
  const RecordingKey* key = nullptr;  // Borrowed for the call.
};

struct ScanFilter {
  SegmentId first_segment = 0;  // Smaller ids are not looked at.
  std::uint32_t epoch_max = 0;  // Segments of later epochs are not looked at; 0: all are.
  UnixNs not_sealed_before{};   // Segments sealed earlier are not looked at; 0: all are.
};

struct FoundBlock {
  Extent extent;
  BlockKind kind = BlockKind::kPackets;
  std::uint32_t nonce_epoch = 0;
  std::uint64_t nonce_counter = 0;
  BlockHead head{};
};

struct ScanResult {
  // One entry per target, in the order of the targets: its blocks by serial.
  // A serial that was written twice around a crash stands twice: both places are its own.
  std::vector<std::vector<FoundBlock>> found;
  std::uint64_t segments = 0;
  std::uint64_t segments_skipped = 0;
  std::uint64_t blocks_seen = 0;     // Plausible headers, of anyone.
  std::uint64_t blocks_damaged = 0;  // Carried a wanted tag and did not verify.
  std::uint64_t bytes_read = 0;
};

[[nodiscard]] std::expected<ScanResult, ScanFailure> scan_segments(
    const std::filesystem::path& store, std::span<const ScanTarget> targets,
    const ScanFilter& filter = {});

}  // namespace opptak::storage
