#include "storage/scan/segment_scan.h"

#include <fstream>

#include <gtest/gtest.h>

#include "storage/scan/seal_abandoned.h"
#include "storage/scan/segment_walk.h"
#include "storage/verify/verify_store.h"
#include "tests/unit/storage/test_store.h"

namespace opptak::storage {
namespace {

ScanTarget target_of(const TestRecording& recording) {
  return {recording.tag, recording.id, &recording.key};
}

std::vector<Extent> packets_of(const std::vector<FoundBlock>& found) {
  std::vector<Extent> extents;
  for (const FoundBlock& block : found) {
    if (block.kind == BlockKind::kPackets) extents.push_back(block.extent);
  }
  return extents;
}

void write_bytes(const std::filesystem::path& path, std::uint64_t at, const std::string& bytes) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(at));
  file << bytes;
}

// Goal: after a crash the scan finds every block that was written, of the wanted recordings only,
// with what a list needs, in open and sealed segments of any day.
TEST(Scan, FindsEveryBlockOfTheWanted) {
  TestStore store(1U << 20);
  TestRecording first(1);
  TestRecording second(2);
  TestRecording unwanted(3);
  for (std::uint64_t serial = 1; serial <= 100; ++serial) {
    store.append_packets(first, 10, serial, 60, 20'000 + serial % 2);
    store.append_packets(unwanted, 10, 1000 + serial, 60, 20'000);
    if (serial % 3 == 0) store.append_packets(second, 12, 2000 + serial, 40, 20'001);
  }
  store.finish(second);
  store.settle();
  store.crash();
  store.append_packets(first, 10, 101, 60);
  store.settle();

  const std::vector<ScanTarget> targets{target_of(first), target_of(second)};
  const auto result = scan_segments(store.path(), targets);
  ASSERT_TRUE(result) << result.error().message;
  ASSERT_EQ(result->found.size(), 2U);
  EXPECT_EQ(packets_of(result->found[0]), first.extents);
  EXPECT_EQ(packets_of(result->found[1]), second.extents);
  EXPECT_EQ(result->found[0].back().nonce_epoch, 2U);
  EXPECT_EQ(result->found[0].back().nonce_counter, 101U);
  EXPECT_EQ(result->found[0].front().head.ssrc, 10U);
  ASSERT_EQ(result->found[1].size(), second.extents.size() + 1);
  EXPECT_EQ(result->found[1].back().kind, BlockKind::kExtents);
  EXPECT_EQ(result->found[1].back().extent.location, second.root);
  EXPECT_EQ(result->blocks_damaged, 0U);
  EXPECT_GE(result->blocks_seen, 235U);
}

// Goal: the filters leave out what they say, and nothing else.
TEST(Scan, Filters) {
  TestStore store(1U << 20);
  TestRecording recording(1);
  store.append_packets(recording, 10, 1, 60);
  store.settle();
  store.crash();  // Epoch 2.
  store.append_packets(recording, 10, 2, 60);
  store.close();  // Sealed at kTestNow.
  const std::vector<ScanTarget> targets{target_of(recording)};
  const auto serials = [&](const ScanFilter& filter) {
    const auto result = scan_segments(store.path(), targets, filter);
    std::vector<std::uint64_t> found;
    for (const FoundBlock& block : result->found[0]) found.push_back(block.extent.serial);
    return found;
  };
  using Serials = std::vector<std::uint64_t>;
  EXPECT_EQ(serials({}), (Serials{1, 2}));
  EXPECT_EQ(serials({.epoch_max = 1}), (Serials{1}));
  EXPECT_EQ(serials({.first_segment = make_segment_id(2, 0, 0)}), (Serials{2}));
  EXPECT_EQ(serials({.not_sealed_before = kTestNow}), (Serials{1, 2}));
  EXPECT_EQ(serials({.not_sealed_before = kTestNow + 1}), (Serials{1}));
}

// Goal: a torn tail, damage in the middle and foreign bytes cost what they touch and no more.
TEST(Scan, StepsOverDamage) {
  TestStore store(1U << 20);
  TestRecording recording(1);
  for (std::uint64_t serial = 1; serial <= 10; ++serial) {
    store.append_packets(recording, 10, serial, 60);
  }
  store.settle();
  const auto path =
      segments_directory(store.path()) / segment_file_name(recording.extents[0].location.segment);
  write_bytes(path, recording.extents[3].location.offset_bytes + 5000, "torn");
  write_bytes(path, recording.extents[5].location.offset_bytes, "no header any more");
  // The last block's sectors but the first never landed.
  write_bytes(path, recording.extents[9].location.offset_bytes + 4096, std::string(12'288, '\0'));
  // A header that claims to be ours and more than the file holds.
  BlockHeader fake{};
  fake.magic = kBlockMagic;
  fake.version = kBlockVersion;
  fake.kind = BlockKind::kPackets;
  fake.block_bytes = 4096;
  fake.store_tag = recording.tag.bytes;
  const auto behind = recording.extents[9].location.offset_bytes + 16'384;
  write_bytes(path, behind, {reinterpret_cast<const char*>(&fake), sizeof fake});
  fake.block_bytes = 8U << 20;
  write_bytes(path, behind + 4096, {reinterpret_cast<const char*>(&fake), sizeof fake});

  const std::vector<ScanTarget> targets{target_of(recording)};
  const auto result = scan_segments(store.path(), targets);
  ASSERT_TRUE(result);
  std::vector<Extent> expected;
  for (const std::size_t i : {0U, 1U, 2U, 4U, 6U, 7U, 8U}) expected.push_back(recording.extents[i]);
  EXPECT_EQ(packets_of(result->found[0]), expected);
  EXPECT_EQ(result->blocks_damaged, 3U);
}

// Goal: a segment cut at any sector gives the blocks that are whole.
TEST(Scan, ReadsTruncatedSegments) {
  TestStore store(1U << 20);
  TestRecording recording(1);
  for (std::uint64_t serial = 1; serial <= 6; ++serial) {
    store.append_packets(recording, 10, serial, 60);
  }
  store.settle();
  const auto path =
      segments_directory(store.path()) / segment_file_name(recording.extents[0].location.segment);
  const std::vector<ScanTarget> targets{target_of(recording)};
  for (std::uint64_t bytes = 4096 + 7 * 16'384; bytes >= 1000; bytes -= 1000) {
    std::filesystem::resize_file(path, bytes);
    const auto result = scan_segments(store.path(), targets);
    ASSERT_TRUE(result) << bytes;
    std::size_t whole = 0;
    for (const Extent& extent : recording.extents) {
      if (extent.location.offset_bytes + extent.location.bytes <= bytes) ++whole;
    }
    ASSERT_EQ(result->found[0].size(), whole) << bytes;
  }
}

// Goal: a store whose segments cannot be listed is an error, one without segments is not.
TEST(Scan, NamesAMissingDirectory) {
  const TemporaryDirectory directory;
  const auto missing = scan_segments(directory.path(), {});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ScanError::kNoSegments);
  std::filesystem::create_directory(directory.path() / "segments");
  EXPECT_TRUE(scan_segments(directory.path(), {}));
}

// Goal: segments that a crash left open are closed behind their last block, unused ones go, running
// ones stay; what was in them is still found, and the store verifies. Twice is as good as once.
TEST(SealAbandoned, ClosesWhatACrashLeft) {
  TestStore store(1U << 20);
  TestRecording recording(1);
  for (std::uint64_t serial = 1; serial <= 10; ++serial) {
    store.append_packets(recording, 10, serial, 60);
  }
  store.settle();
  const SegmentId old = recording.extents[0].location.segment;
  const auto path = segments_directory(store.path()) / segment_file_name(old);
  store.crash();
  store.append_packets(recording, 10, 11, 60);
  store.settle();
  const SegmentId running = recording.extents[10].location.segment;

  for (int times = 0; times < 2; ++times) {
    const auto report = seal_abandoned(store.info(), store.epoch(), kTestNow);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->sealed, times == 0 ? 1U : 0U);
    EXPECT_EQ(report->removed, times == 0 ? 1U : 0U);  // The spare.
  }
  EXPECT_EQ(std::filesystem::file_size(path), 4096U + 10 * 16'384 + 4096);
  const auto walk = SegmentWalk::open(path);
  ASSERT_TRUE(walk && walk->footer());
  EXPECT_EQ(walk->footer()->blocks, 10U);
  EXPECT_EQ(
      std::filesystem::file_size(segments_directory(store.path()) / segment_file_name(running)),
      1U << 20);
  const std::vector<ScanTarget> targets{target_of(recording)};
  EXPECT_EQ(packets_of(scan_segments(store.path(), targets)->found[0]), recording.extents);
  const auto verified = verify_store(store.path());
  ASSERT_TRUE(verified);
  EXPECT_TRUE(verified->problems.empty());
}

}  // namespace
}  // namespace opptak::storage
