// A small store with one recording in it, written with the storage layer's own parts.
#pragma once

#include <filesystem>
#include <map>
#include <vector>

#include "control/catalogue/rows.h"
#include "storage/block/packet_record.h"
#include "storage/extent/extent_list.h"
#include "storage/key/recording_key.h"
#include "storage/segment/appender.h"
#include "tests/unit/storage/temporary_directory.h"

namespace opptak::control::test {

struct SamplePacket {
  std::uint64_t arrival_us = 0;
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  std::uint8_t payload_type = 0;
  std::vector<std::uint8_t> payload;
};

class SampleStore {
 public:
  SampleStore();

  // One block of one stream; `row` gets the packets counted in.
  void add_block(StreamRow& row, const std::vector<SamplePacket>& packets);
  // Writes the extent list and closes the segment. The row is then as control would have it.
  [[nodiscard]] RecordingRow finish();

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return directory_.path(); }
  [[nodiscard]] const storage::RecordingKey& key() const noexcept { return key_; }
  [[nodiscard]] const RecordingId& recording() const noexcept { return row_.id; }

 private:
  [[nodiscard]] storage::BlockLocation write(storage::BlockKind kind,
                                             std::vector<std::uint8_t>& plaintext);

  storage::TemporaryDirectory directory_;
  storage::RecordingKey key_ = storage::RecordingKey::random();
  std::unique_ptr<storage::Sealer> sealer_ = storage::make_sealer();
  storage::SealKey seal_key_;
  std::unique_ptr<storage::SegmentAppender> appender_;
  RecordingRow row_;
  std::vector<storage::Extent> extents_;
  std::uint64_t last_arrival_us_ = 0;
  std::uint64_t counter_ = 0;
};

// A stream of the sample: 10.0.0.1:4000 -> 10.0.0.2:5000 with this SSRC.
[[nodiscard]] StreamRow sample_stream(const RecordingId& recording, std::uint32_t ssrc,
                                      std::uint8_t speaker);

}  // namespace opptak::control::test
