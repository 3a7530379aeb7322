#include "storage/verify/verify_store.h"

#include <fstream>

#include <gtest/gtest.h>

#include "storage/segment/space.h"
#include "tests/unit/storage/test_store.h"

namespace opptak::storage {
namespace {

class VerifyStore : public testing::Test {
 protected:
  VerifyStore() {
    for (std::uint64_t serial = 1; serial <= 20; ++serial) {
      store_.append_packets(recording_, 10, serial, 60);
    }
    store_.finish(recording_);
    store_.close();
    path_ = segments_directory(store_.path()) /
            segment_file_name(recording_.extents[0].location.segment);
  }
  void write_bytes(std::uint64_t at, const std::string& bytes) const {
    std::fstream file(path_, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(at));
    file << bytes;
  }
  StoreReport verify() const {
    const auto report = verify_store(store_.path());
    EXPECT_TRUE(report);
    return *report;
  }

  TestStore store_{4U << 20};
  TestRecording recording_{1};
  std::filesystem::path path_;
};

// Goal: a sound store has no problem, and the numbers are right; erased blocks are no problem.
TEST_F(VerifyStore, CountsASoundStore) {
  StoreReport report = verify();
  EXPECT_TRUE(report.problems.empty());
  EXPECT_EQ(report.segments, 1U);
  EXPECT_EQ(report.segments_sealed, 1U);
  EXPECT_EQ(report.blocks, 20U);
  EXPECT_EQ(report.extent_lists, 1U);
  EXPECT_EQ(report.block_bytes, 20U * 16'384 + 4096);
  EXPECT_EQ(report.free_bytes, 0U);
  EXPECT_EQ(report.epoch, 1U);
  auto space = SegmentSpace::open(store_.path());
  ASSERT_TRUE(space && space->free(std::span(&recording_.extents[4].location, 1)));
  report = verify();
  EXPECT_TRUE(report.problems.empty());
  EXPECT_EQ(report.blocks, 19U);
  EXPECT_EQ(report.free_bytes, 16'384U);
}

// Goal: each kind of damage is found where it is.
TEST_F(VerifyStore, FindsDamage) {
  write_bytes(recording_.extents[4].location.offset_bytes, "XXXX");
  StoreReport report = verify();
  ASSERT_EQ(report.problems.size(), 1U);
  EXPECT_EQ(report.problems[0].offset_bytes, recording_.extents[4].location.offset_bytes);
  EXPECT_EQ(report.problems[0].segment, path_.filename().string());

  write_bytes(20, "X");  // Another store's header.
  report = verify();
  EXPECT_EQ(report.problems.size(), 2U);
  write_bytes(0, "X");
  report = verify();
  EXPECT_EQ(report.problems.size(), 2U);
}

// Goal: a segment under another's name shows.
TEST_F(VerifyStore, FindsARenamedSegment) {
  std::filesystem::rename(path_, path_.parent_path() / segment_file_name(make_segment_id(1, 5, 5)));
  EXPECT_EQ(verify().problems.size(), 2U);  // Header and footer say so.
}

// Goal: a lost epoch and a segment of the future show; no store is an error.
TEST_F(VerifyStore, FindsEpochProblems) {
  std::filesystem::rename(path_, path_.parent_path() / segment_file_name(make_segment_id(9, 0, 1)));
  EXPECT_EQ(verify().problems.size(), 3U);
  std::filesystem::remove(store_.path() / "epoch");
  EXPECT_EQ(verify().problems.size(), 4U);
  const auto none = verify_store(store_.path() / "nothing");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, StoreError::kMissing);
}

}  // namespace
}  // namespace opptak::storage
