// A store in a temporary directory, written by the real appender and sealer.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "storage/block/packet_record.h"
#include "storage/extent/extent_list.h"
#include "storage/key/recording_key.h"
#include "storage/segment/appender.h"
#include "storage/segment/store.h"
#include "tests/unit/storage/temporary_directory.h"

namespace opptak::storage {

inline constexpr UnixNs kTestNow{1'764'000'000'000'000'000};
inline constexpr std::uint64_t kTestNowUs = 1'764'000'000'000'000;

struct TestRecording {
  explicit TestRecording(std::uint8_t number);

  CallId call;
  RecordingId id;
  StoreTag tag;
  RecordingKey key;
  std::uint64_t nonce_counter = 0;
  std::vector<Extent> extents;
  BlockLocation root;
};

class TestStore {
 public:
  explicit TestStore(std::uint64_t segment_bytes = 4U << 20,
                     Durability durability = Durability::kFull);

  // Appends a block of `packets` packets of stream `ssrc`; payload and sequence follow from the
  // serial, so that readers can check them. Returns its extent, also kept in the recording.
  Extent append_packets(TestRecording& recording, std::uint32_t ssrc, std::uint64_t serial,
                        std::uint32_t packets, std::uint32_t expiry_day = 20'000);
  // Appends a list block with the extents from `first` to the end, behind `previous`.
  BlockLocation append_list(TestRecording& recording, const ExtentPart& part,
                            std::span<const Extent> extents);
  // One part that lists all extents; sets recording.root.
  void finish(TestRecording& recording);
  // All that was appended is durable.
  void settle();
  // Ends the appender as a crash would, and begins the next epoch.
  void crash();
  void close();

  [[nodiscard]] const std::filesystem::path& path() const { return directory_.path(); }
  [[nodiscard]] const StoreInfo& info() const { return *info_; }
  [[nodiscard]] std::uint32_t epoch() const { return epoch_; }
  [[nodiscard]] SegmentAppender& appender() { return *appender_; }

 private:
  Reservation reserve(std::uint32_t expiry_day, std::uint32_t bytes);
  BlockLocation seal(TestRecording& recording, BlockKind kind,
                     std::span<const std::uint8_t> plaintext, std::uint32_t block_bytes,
                     std::uint32_t expiry_day);
  void start();

  TemporaryDirectory directory_;
  std::uint64_t segment_bytes_;
  Durability durability_;
  std::optional<StoreInfo> info_;
  std::uint32_t epoch_ = 0;
  std::optional<SegmentAppender> appender_;
  std::unique_ptr<Sealer> sealer_;
};

// The payload that append_packets() writes for a packet.
[[nodiscard]] std::vector<std::uint8_t> test_payload(std::uint64_t serial, std::uint32_t packet);

}  // namespace opptak::storage
