// Reads single blocks of one recording: from the disk, through the sealer, checked. One thread.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <vector>

#include "storage/block/sealer.h"
#include "storage/read/recording_reader.h"
#include "storage/read/segment_files.h"

namespace opptak::storage {

class BlockReader {
 public:
  BlockReader(const std::filesystem::path& store, const RecordingId& recording,
              const RecordingKey& key);

  // Plaintext of the block at `location`, which must be of this kind and this recording. Borrowed
  // until the next read().
  [[nodiscard]] std::expected<std::span<const std::uint8_t>, ReadFailure> read(
      const BlockLocation& location, BlockKind kind);

  [[nodiscard]] ReadFailure failure(ReadError code, const BlockLocation& location,
                                    std::string_view why) const;

 private:
  [[nodiscard]] std::expected<void, ReadFailure> fetch(const BlockLocation& location);

  SegmentFiles files_;
  RecordingId recording_;
  std::unique_ptr<Sealer> sealer_;
  std::unique_ptr<SealKey> key_;
  std::vector<std::uint8_t> block_;
};

}  // namespace opptak::storage
