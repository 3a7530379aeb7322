// The appender on disks that are full or fail.
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "storage/segment/appender.h"
#include "storage/segment/store.h"
#include "tests/unit/storage/temporary_directory.h"

namespace opptak::storage {
namespace {

constexpr UnixNs kNow{1'764'000'000'000'000'000};

AppenderConfig config_for(const StoreInfo& store) {
  AppenderConfig config;
  config.directory = store.directory;
  config.store = store.id;
  config.epoch = *advance_epoch(store);
  config.segment_bytes = 4U << 20;
  config.batch_bytes = 256U << 10;
  config.batches = 8;
  config.open_segments_max = 2;
  config.free_bytes_min = 0;
  return config;
}

// Appends until the appender refuses for another reason than back-pressure.
AppendError append_until_refused(SegmentAppender& appender, UnixNs now, int blocks_max) {
  for (int i = 0; i < blocks_max;) {
    const auto reservation = appender.reserve(20'000, 16'384);
    if (reservation) {
      std::memset(reservation->block.data(), 0x5a, reservation->block.size());
      appender.commit(*reservation);
      ++i;
    } else if (reservation.error() != AppendError::kBusy) {
      return reservation.error();
    }
    appender.poll(now);
  }
  return AppendError::kBusy;
}

bool drain(SegmentAppender& appender, UnixNs now) {
  appender.request_sync();
  for (int i = 0; i < 100'000 && appender.durable_ticket() < appender.stats().blocks; ++i) {
    appender.poll(now);
    ::usleep(10);
  }
  return appender.durable_ticket() == appender.stats().blocks;
}

// A file system of its own on a loop device; needs root.
class LoopFileSystem {
 public:
  explicit LoopFileSystem(int mebibytes) {
    const std::string image = directory_.path() / "image";
    const std::string mount = directory_.path() / "mount";
    std::filesystem::create_directory(mount);
    mounted_ = ::geteuid() == 0 && run("truncate -s " + std::to_string(mebibytes) + "M " + image) &&
               run("mkfs.ext4 -q -m 0 -O ^has_journal " + image) &&
               run("mount -o loop " + image + " " + mount);
  }
  ~LoopFileSystem() {
    if (mounted_) run("umount " + path().string());
  }
  [[nodiscard]] bool mounted() const { return mounted_; }
  [[nodiscard]] std::filesystem::path path() const { return directory_.path() / "mount"; }

 private:
  static bool run(const std::string& command) {
    return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
  }
  TemporaryDirectory directory_;
  bool mounted_ = false;
};

// Goal: a full disk refuses new blocks, loses none that it took, and takes blocks again by itself
// once there is space. Method: a small ext4 on a loop device.
TEST(AppenderDisk, FullDiskRefusesAndRecovers) {
  const LoopFileSystem file_system(24);
  if (!file_system.mounted()) GTEST_SKIP() << "needs root, mkfs.ext4 and a loop device";
  const auto ballast = file_system.path() / "ballast";
  std::ofstream(ballast, std::ios::binary) << std::string(8U << 20, 'x');
  const auto store = open_or_create_store(file_system.path() / "store", kNow);
  ASSERT_TRUE(store) << store.error().message;
  auto opened = SegmentAppender::open(config_for(*store));
  ASSERT_TRUE(opened) << opened.error().message;
  SegmentAppender& appender = *opened;
  EXPECT_TRUE(appender.direct());

  EXPECT_EQ(append_until_refused(appender, kNow, 10'000), AppendError::kFull);
  EXPECT_EQ(appender.condition(), AppendCondition::kFull);
  EXPECT_NE(appender.message().find("free"), std::string::npos);
  ASSERT_TRUE(drain(appender, kNow));
  EXPECT_FALSE(appender.any_failed());
  EXPECT_GT(appender.stats().blocks, 500U);  // Most of the space is used, in smaller segments.

  std::filesystem::remove(ballast);
  const UnixNs later = kNow + 2 * kNsPerSecond;
  for (int i = 0; i < 10'000 && appender.condition() != AppendCondition::kOk; ++i) {
    appender.poll(later);
    ::usleep(10);
  }
  EXPECT_EQ(appender.condition(), AppendCondition::kOk);
  EXPECT_TRUE(appender.message().empty());
  EXPECT_EQ(append_until_refused(appender, later, 10), AppendError::kBusy);
  ASSERT_TRUE(drain(appender, later));
  EXPECT_FALSE(appender.any_failed());
  EXPECT_TRUE(appender.close(later));
}

// Goal: the space kept for keys and catalogue is not taken by segments. Method: ask to keep more
// than any disk has.
TEST(AppenderDisk, KeepsTheReserveFree) {
  const TemporaryDirectory directory;
  const auto store = open_or_create_store(directory.path(), kNow);
  ASSERT_TRUE(store);
  AppenderConfig config = config_for(*store);
  config.free_bytes_min = std::uint64_t{1} << 60;
  auto appender = SegmentAppender::open(config);
  ASSERT_TRUE(appender);  // A full store can be opened.
  EXPECT_EQ(appender->condition(), AppendCondition::kFull);
  const auto refused = appender->reserve(20'000, 4096);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), AppendError::kFull);
}

// Largest file this process may write; restored at the end.
class FileSizeLimit {
 public:
  FileSizeLimit() {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
  }
  ~FileSizeLimit() {
    set(before_.rlim_cur);
    std::signal(SIGXFSZ, handler_);
  }
  void set(rlim_t bytes) const {
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  void lift() const { set(before_.rlim_cur); }

 private:
  rlimit before_{};
  void (*handler_)(int) = nullptr;
};

// Goal: each lost block is reported by its ticket, those before and after are kept, and the
// appender works again when the disk does. Method: writes past a file size limit fail with EFBIG.
TEST(AppenderDisk, ReportsEveryLostBlock) {
  const TemporaryDirectory directory;
  const auto store = open_or_create_store(directory.path(), kNow);
  ASSERT_TRUE(store);
  auto opened = SegmentAppender::open(config_for(*store));
  ASSERT_TRUE(opened);
  SegmentAppender& appender = *opened;
  ASSERT_EQ(append_until_refused(appender, kNow, 5), AppendError::kBusy);
  ASSERT_TRUE(drain(appender, kNow));
  // The spare of the next segment must be there, or the limit would hit its allocation.
  for (int i = 0; i < 1000; ++i) appender.poll(kNow);

  const FileSizeLimit limit;
  limit.set(64U << 10);
  ASSERT_EQ(append_until_refused(appender, kNow, 3), AppendError::kBusy);
  ASSERT_TRUE(drain(appender, kNow));
  EXPECT_EQ(appender.condition(), AppendCondition::kFailing);
  EXPECT_NE(appender.message().find("writing to"), std::string::npos) << appender.message();
  for (Ticket ticket = 1; ticket <= 8; ++ticket) {
    EXPECT_EQ(appender.take_failed(ticket), ticket > 5) << ticket;
  }
  EXPECT_GT(appender.stats().write_errors, 0U);
  UnixNs later = kNow + 2 * kNsPerSecond;
  EXPECT_EQ(append_until_refused(appender, later, 5), AppendError::kFailed);

  limit.lift();
  later = later + 2 * kNsPerSecond;
  for (int i = 0; i < 10'000 && appender.condition() != AppendCondition::kOk; ++i) {
    appender.poll(later);
    ::usleep(10);
  }
  ASSERT_EQ(appender.condition(), AppendCondition::kOk) << appender.message();
  ASSERT_EQ(append_until_refused(appender, later, 5), AppendError::kBusy);
  ASSERT_TRUE(drain(appender, later));
  EXPECT_FALSE(appender.any_failed());
  EXPECT_FALSE(appender.close(later));  // Something was lost since open().
}

}  // namespace
}  // namespace opptak::storage
