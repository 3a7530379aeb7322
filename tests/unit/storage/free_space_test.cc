#include "storage/uring/free_space.h"

#include <fstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/base/file.h"
#include "storage/segment/space.h"
#include "tests/unit/storage/test_store.h"

namespace opptak::storage {
namespace {

class FreeSpace : public testing::Test {
 protected:
  FreeSpace() : ring_(std::move(*Ring::create({.entries = 8, .file_slots = 0}))) {
    std::ofstream(path_, std::ios::binary) << std::string(1U << 20, 'x');
    file_ = UniqueFd(::open(path_.c_str(), O_RDWR | O_CLOEXEC));
  }
  std::uint64_t allocated_bytes() const {
    struct stat status{};
    EXPECT_EQ(::fsync(file_.get()), 0);
    EXPECT_EQ(::fstat(file_.get(), &status), 0);
    return static_cast<std::uint64_t>(status.st_blocks) * 512;
  }

  TemporaryDirectory directory_;
  std::filesystem::path path_ = directory_.path() / "file";
  UniqueFd file_;
  Ring ring_;
};

// Goal: exactly the ranges are freed; more of them than the ring holds; touching ones merge.
TEST_F(FreeSpace, PunchesTheRangesAndNothingElse) {
  const std::uint64_t before = allocated_bytes();
  std::vector<FileRange> ranges;
  for (std::uint64_t i = 0; i < 100; ++i) ranges.push_back({i * 8192, 4096});
  ranges.push_back({900'000 / 4096 * 4096, 8192});
  ASSERT_TRUE(free_ranges(ring_, file_.get(), ranges));
  // The file system may need a block or two for so many extents.
  EXPECT_LE(allocated_bytes(), before - 100 * 4096);
  std::string bytes;
  ASSERT_EQ(read_small_file(path_, 1U << 20, bytes), 0);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const bool freed = (i < 819'200 && i % 8192 < 4096) ||
                       (i >= 900'000 / 4096 * 4096 && i < 900'000 / 4096 * 4096 + 8192);
    ASSERT_EQ(bytes[i], freed ? '\0' : 'x') << i;
  }
}

// Goal: a failure is told, and the ranges after it are freed all the same.
TEST_F(FreeSpace, ReportsAFailedPunch) {
  const UniqueFd read_only(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  PunchQueue queue(ring_);
  queue.add(read_only.get(), {0, 4096});
  queue.add(file_.get(), {8192, 4096});
  const std::uint64_t before = allocated_bytes();
  const auto done = queue.run();
  ASSERT_FALSE(done);
  EXPECT_EQ(allocated_bytes(), before - 4096);
  EXPECT_TRUE(queue.run());  // Empty afterwards.
}

// Goal: files are gone, and one that was gone before is no error.
TEST_F(FreeSpace, UnlinksFiles) {
  std::ofstream(directory_.path() / "other") << "x";
  const UniqueFd parent(::open(directory_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::vector<std::string> names{"file", "never", "other"};
  ASSERT_TRUE(unlink_files(ring_, parent.get(), names));
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
  const std::vector<std::string> directories{"."};
  EXPECT_FALSE(unlink_files(ring_, parent.get(), directories));
}

// Goal: erasing a recording's blocks frees them in their segments, can be done twice, and stands
// segments that are gone; the neighbours stay.
TEST(SegmentSpace, FreesBlocksAgainAndAgain) {
  TestStore store;
  TestRecording gone(1);
  TestRecording kept(2);
  for (std::uint64_t serial = 1; serial <= 20; ++serial) {
    store.append_packets(gone, 10, serial * 2, 50);
    store.append_packets(kept, 11, serial * 2 + 1, 50);
  }
  store.settle();
  auto space = SegmentSpace::open(store.path());
  ASSERT_TRUE(space) << space.error().message;
  std::vector<BlockLocation> blocks;
  for (const Extent& extent : gone.extents) blocks.push_back(extent.location);
  blocks.push_back({make_segment_id(9, 9, 9), 4096, 4096});
  for (int times = 0; times < 2; ++times) {
    const auto freed = space->free(blocks);
    ASSERT_TRUE(freed) << freed.error().message;
  }
  const auto is_empty = [&](const Extent& extent) {
    const auto path = segments_directory(store.path()) / segment_file_name(extent.location.segment);
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::vector<std::uint8_t> bytes(extent.location.bytes);
    EXPECT_EQ(read_all(file.get(), bytes, extent.location.offset_bytes), 0);
    return bytes == std::vector<std::uint8_t>(bytes.size());
  };
  for (const Extent& extent : gone.extents) EXPECT_TRUE(is_empty(extent));
  for (const Extent& extent : kept.extents) EXPECT_FALSE(is_empty(extent));
}

// Goal: nothing but whole blocks behind the header can be freed.
TEST(SegmentSpace, RefusesRangesThatAreNoBlocks) {
  TestStore store;
  auto space = SegmentSpace::open(store.path());
  ASSERT_TRUE(space);
  const SegmentId id = make_segment_id(1, 0, 1);
  for (const BlockLocation& bad :
       {BlockLocation{0, 4096, 4096}, BlockLocation{id, 0, 4096}, BlockLocation{id, 4096, 0},
        BlockLocation{id, 4096, 100}, BlockLocation{id, 5000, 4096}}) {
    const auto freed = space->free(std::span(&bad, 1));
    ASSERT_FALSE(freed);
    EXPECT_EQ(freed.error().code, SpaceError::kBadRange);
  }
}

// Goal: whole segments are removed, twice without complaint.
TEST(SegmentSpace, RemovesSegments) {
  TestStore store;
  TestRecording recording(1);
  const Extent extent = store.append_packets(recording, 10, 1, 50);
  store.settle();
  auto space = SegmentSpace::open(store.path());
  ASSERT_TRUE(space);
  const SegmentId id = extent.location.segment;
  ASSERT_TRUE(space->remove(std::span(&id, 1)));
  ASSERT_TRUE(space->remove(std::span(&id, 1)));
  EXPECT_FALSE(std::filesystem::exists(segments_directory(store.path()) / segment_file_name(id)));
}

}  // namespace
}  // namespace opptak::storage
