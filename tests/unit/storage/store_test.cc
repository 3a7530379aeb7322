#include "storage/segment/store.h"

#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "storage/segment/layout.h"
#include "tests/unit/storage/temporary_directory.h"

namespace opptak::storage {
namespace {

constexpr UnixNs kNow{1'700'000'000'000'000'000};

void write_text(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Goal: a store is made once, keeps its id, and counts its starts.
TEST(Store, IsMadeOnceAndCountsEpochs) {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "deep" / "store";
  const auto made = open_or_create_store(path, kNow);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(read_epoch(*made), 0U);
  EXPECT_EQ(advance_epoch(*made), 1U);
  EXPECT_EQ(advance_epoch(*made), 2U);
  const auto again = open_or_create_store(path, kNow);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->id, made->id);
  EXPECT_NE(again->id, (std::array<std::uint8_t, 16>{}));
  EXPECT_EQ(read_epoch(*again), 2U);
  EXPECT_TRUE(std::filesystem::is_directory(segments_directory(path)));
}

// Goal: tools do not make stores.
TEST(Store, OpenDoesNotCreate) {
  const TemporaryDirectory directory;
  const auto opened = open_store(directory.path() / "nothing");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, StoreError::kMissing);
  EXPECT_FALSE(std::filesystem::exists(directory.path() / "nothing"));
}

// Goal: a crash while the store is made leaves something that the next start completes. Method:
// leave each prefix of the steps.
TEST(Store, CompletesWhatACrashLeft) {
  for (int steps = 0; steps < 3; ++steps) {
    const TemporaryDirectory directory;
    if (steps >= 1) std::filesystem::create_directories(directory.path() / "segments");
    if (steps >= 2) {
      const TemporaryDirectory donor;
      ASSERT_TRUE(open_or_create_store(donor.path(), kNow));
      std::filesystem::copy(donor.path() / "epoch", directory.path() / "epoch");
    }
    const auto made = open_or_create_store(directory.path(), kNow);
    ASSERT_TRUE(made) << "steps=" << steps << ": " << made.error().message;
    EXPECT_EQ(advance_epoch(*made), 1U);
  }
}

// Goal: a store of another version is refused in words and stays as it is.
TEST(Store, RefusesAnotherVersion) {
  const TemporaryDirectory directory;
  ASSERT_TRUE(open_or_create_store(directory.path(), kNow));
  auto text = read_text(directory.path() / "store.json");
  text.replace(text.find("\"version\": 1"), 12, "\"version\": 2");
  write_text(directory.path() / "store.json", text);
  const auto opened = open_or_create_store(directory.path(), kNow);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, StoreError::kOtherVersion);
  EXPECT_NE(opened.error().message.find("version 2"), std::string::npos);
  EXPECT_EQ(read_text(directory.path() / "store.json"), text);
}

// Goal: a store.json that is not ours is refused. Method: cut it at every byte, and other JSON.
TEST(Store, RefusesDamagedDescription) {
  const TemporaryDirectory directory;
  ASSERT_TRUE(open_or_create_store(directory.path(), kNow));
  const auto path = directory.path() / "store.json";
  const auto text = read_text(path);
  for (std::size_t bytes = 0; bytes + 2 < text.size(); ++bytes) {
    write_text(path, text.substr(0, bytes));
    const auto opened = open_or_create_store(directory.path(), kNow);
    ASSERT_FALSE(opened) << "bytes=" << bytes;
    ASSERT_EQ(opened.error().code, StoreError::kDamaged);
  }
  for (const char* bad : {"[]", "{}", "{\"format\":\"opptak-store\"}",
                          "{\"format\":\"opptak-store\",\"version\":1,\"id\":\"xyz\"}",
                          "{\"format\":\"opptak-store\",\"version\":1,\"id\":5}"}) {
    write_text(path, bad);
    EXPECT_FALSE(open_or_create_store(directory.path(), kNow)) << bad;
  }
}

// Goal: without its epoch a store is not written to, since nonces could repeat.
TEST(Store, RefusesALostOrDamagedEpoch) {
  const TemporaryDirectory directory;
  const auto store = open_or_create_store(directory.path(), kNow);
  ASSERT_TRUE(store);
  ASSERT_EQ(advance_epoch(*store), 1U);
  const auto path = directory.path() / "epoch";
  const auto bytes = read_text(path);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 4);
    write_text(path, changed);
    ASSERT_FALSE(advance_epoch(*store)) << "byte " << i;
    write_text(path, bytes.substr(0, i));
    ASSERT_FALSE(advance_epoch(*store)) << "cut at " << i;
  }
  std::filesystem::remove(path);
  const auto opened = open_or_create_store(directory.path(), kNow);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, StoreError::kDamaged);
}

// Goal: an old copy of `epoch` does not bring a used epoch back.
TEST(Store, EpochIsBeyondEverySegment) {
  const TemporaryDirectory directory;
  const auto store = open_or_create_store(directory.path(), kNow);
  ASSERT_TRUE(store);
  write_text(segments_directory(directory.path()) / segment_file_name(make_segment_id(41, 0, 1)),
             "");
  EXPECT_EQ(advance_epoch(*store), 42U);
  write_text(
      segments_directory(directory.path()) / segment_file_name(make_segment_id(kEpochMax, 0, 1)),
      "");
  const auto exhausted = advance_epoch(*store);
  ASSERT_FALSE(exhausted);
  EXPECT_EQ(exhausted.error().code, StoreError::kExhausted);
}

// Goal: one writer at a time.
TEST(StoreLock, KeepsASecondWriterOut) {
  const TemporaryDirectory directory;
  const auto store = open_or_create_store(directory.path(), kNow);
  ASSERT_TRUE(store);
  {
    const auto lock = StoreLock::take(*store);
    ASSERT_TRUE(lock);
    const auto second = StoreLock::take(*store);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, StoreError::kBusy);
  }
  EXPECT_TRUE(StoreLock::take(*store));
}

}  // namespace
}  // namespace opptak::storage
