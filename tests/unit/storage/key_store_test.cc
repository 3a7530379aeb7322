#include "storage/key/key_store.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "storage/key/file_vault.h"
#include "storage/key/key_layout.h"
#include "tests/unit/storage/memory_key_file.h"
#include "tests/unit/storage/temporary_directory.h"

namespace opptak::storage {
namespace {

RecordingId recording(std::uint32_t number) {
  RecordingId id;
  id.bytes[14] = static_cast<std::uint8_t>(number >> 8);
  id.bytes[15] = static_cast<std::uint8_t>(number);
  return id;
}

const KeyBucket kBucket{"acme", BucketClass::kOther, 20'000};

class KeyStoreTest : public testing::Test {
 protected:
  KeyStoreTest() : vault_(*FileVault::open(directory_.path() / "root.key", true)) {}

  KeyStore open(KeyStoreOptions options = {}) {
    auto keys = KeyStore::open(directory_.path(), *vault_, options);
    EXPECT_TRUE(keys) << keys.error().message;
    return std::move(*keys);
  }
  static KeyError error_of(const std::expected<RecordingKey, KeyFailure>& result) {
    EXPECT_FALSE(result);
    return result ? KeyError::kFailed : result.error().code;
  }
  static bool same(const RecordingKey& a, const RecordingKey& b) {
    return std::ranges::equal(a.bytes(), b.bytes());
  }

  TemporaryDirectory directory_;
  std::unique_ptr<FileVault> vault_;
};

// Goal: keys are there after commit and after opening again, each recording with its own.
TEST_F(KeyStoreTest, FindsWhatWasCommitted) {
  std::vector<RecordingKey> made;
  {
    KeyStore keys = open();
    for (std::uint32_t i = 0; i < 100; ++i) {
      made.push_back(*keys.create(recording(i), kBucket));
      if (i % 7 == 0) {
        ASSERT_TRUE(keys.commit());
      }
    }
    EXPECT_EQ(error_of(keys.find(recording(99))), KeyError::kNotFound);  // Not committed yet.
    ASSERT_TRUE(keys.commit());
    EXPECT_TRUE(same(*keys.find(recording(99)), made[99]));
  }
  const KeyStore keys = open();
  EXPECT_EQ(keys.live_keys(), 100U);
  for (std::uint32_t i = 0; i < 100; ++i) {
    const auto key = keys.find(recording(i));
    ASSERT_TRUE(key) << i << key.error().message;
    EXPECT_TRUE(same(*key, made[i])) << i;
  }
  EXPECT_EQ(error_of(keys.find(recording(100))), KeyError::kNotFound);
  struct stat status{};
  ASSERT_EQ(::stat((directory_.path() / "keys" / "keys.opk").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

// Goal: a destroyed key is gone from the store, the file and after opening again; neighbours stay.
TEST_F(KeyStoreTest, DestroysForGood) {
  KeyStore keys = open();
  const RecordingKey before = *keys.create(recording(1), kBucket);
  ASSERT_TRUE(keys.create(recording(2), kBucket));
  const RecordingKey after = *keys.create(recording(3), kBucket);
  ASSERT_TRUE(keys.commit());
  ASSERT_TRUE(keys.destroy(recording(2)));
  EXPECT_TRUE(keys.find(recording(2)));  // Until the commit.
  ASSERT_TRUE(keys.commit());
  EXPECT_EQ(error_of(keys.find(recording(2))), KeyError::kErased);
  EXPECT_TRUE(keys.destroy(recording(2)));  // Idempotent.
  EXPECT_EQ(error_of(keys.create(recording(2), kBucket)), KeyError::kExists);
  keys = open({.durable = true, .read_only = true});
  EXPECT_EQ(error_of(keys.find(recording(2))), KeyError::kErased);
  EXPECT_TRUE(same(*keys.find(recording(1)), before));
  EXPECT_TRUE(same(*keys.find(recording(3)), after));
  EXPECT_EQ(keys.live_keys(), 2U);
  EXPECT_EQ(keys.erased_keys(), 1U);
}

// Goal: the wrapped bytes are overwritten where they lay. Method: look for them in the file.
TEST_F(KeyStoreTest, LeavesNoWrappedKeyInTheFile) {
  MemoryDisk disk;
  auto keys = KeyStore::open_file(disk.open(), *vault_);
  ASSERT_TRUE(keys);
  ASSERT_TRUE(keys->create(recording(1), kBucket));
  ASSERT_TRUE(keys->commit());
  const auto& bytes = disk.contents();
  const std::size_t slot = kKeyHeaderBytes + kFrameHeaderBytes + kKeyEntryBytes;
  const std::vector<std::uint8_t> wrapped(bytes.begin() + slot, bytes.begin() + slot + 60);
  ASSERT_NE(wrapped, std::vector<std::uint8_t>(60));
  ASSERT_TRUE(keys->destroy(recording(1)));
  ASSERT_TRUE(keys->commit());
  EXPECT_EQ(std::search(bytes.begin(), bytes.end(), wrapped.begin(), wrapped.end()), bytes.end());
}

// Goal: create and destroy in one commit end erased; what is unknown is said.
TEST_F(KeyStoreTest, StagesBothInOneCommit) {
  KeyStore keys = open();
  ASSERT_TRUE(keys.create(recording(1), kBucket));
  EXPECT_EQ(error_of(keys.create(recording(1), kBucket)), KeyError::kExists);
  ASSERT_TRUE(keys.destroy(recording(1)));
  ASSERT_TRUE(keys.destroy(recording(1)));
  const auto unknown = keys.destroy(recording(9));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, KeyError::kNotFound);
  ASSERT_TRUE(keys.commit());
  ASSERT_TRUE(keys.commit());  // Nothing staged.
  EXPECT_EQ(error_of(keys.find(recording(1))), KeyError::kErased);
  EXPECT_EQ(keys.erased_keys(), 1U);
  EXPECT_EQ(error_of(keys.create(recording(2), {"", BucketClass::kSale, 1})), KeyError::kBadBucket);
  EXPECT_EQ(error_of(keys.create(recording(2), {std::string(65, 'a'), BucketClass::kSale, 1})),
            KeyError::kBadBucket);
}

// Goal: a wrong root key is named as such, and harms nothing.
TEST_F(KeyStoreTest, NamesAWrongRootKey) {
  {
    KeyStore keys = open();
    ASSERT_TRUE(keys.create(recording(1), kBucket));
    ASSERT_TRUE(keys.commit());
  }
  const auto other = FileVault::open(directory_.path() / "other.key", true);
  ASSERT_TRUE(other);
  const auto wrong = KeyStore::open(directory_.path(), **other);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, KeyError::kWrongRootKey);
  EXPECT_NE(wrong.error().message.find("other.key"), std::string::npos);
  EXPECT_NE(wrong.error().message.find("keys.opk"), std::string::npos);
  EXPECT_TRUE(open().find(recording(1)));
}

// Goal: one writer; readers may look on.
TEST_F(KeyStoreTest, LocksOutASecondWriter) {
  KeyStore keys = open();
  const auto second = KeyStore::open(directory_.path(), *vault_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, KeyError::kLocked);
  ASSERT_TRUE(keys.create(recording(1), kBucket));
  ASSERT_TRUE(keys.commit());
  KeyStore reader = open({.durable = true, .read_only = true});
  EXPECT_TRUE(reader.find(recording(1)));
  EXPECT_EQ(error_of(reader.create(recording(2), kBucket)), KeyError::kReadOnly);
  EXPECT_FALSE(reader.destroy(recording(1)));
}

// Goal: tools do not make key stores, and exists() tells.
TEST_F(KeyStoreTest, ReadOnlyOpenDoesNotCreate) {
  EXPECT_FALSE(KeyStore::exists(directory_.path()));
  const auto none =
      KeyStore::open(directory_.path(), *vault_, {.durable = true, .read_only = true});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, KeyError::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(directory_.path() / "keys"));
  open();
  EXPECT_TRUE(KeyStore::exists(directory_.path()));
}

// Goal: damage to durable bytes is never cut away. Method: damage each frame but the last.
TEST_F(KeyStoreTest, RefusesDamageWithKeysBehindIt) {
  MemoryDisk disk;
  std::vector<std::size_t> frames;
  {
    auto keys = KeyStore::open_file(disk.open(), *vault_);
    ASSERT_TRUE(keys);
    for (std::uint32_t i = 0; i < 5; ++i) {
      frames.push_back(disk.contents().size());
      ASSERT_TRUE(keys->create(recording(i), kBucket));
      ASSERT_TRUE(keys->commit());
    }
  }
  const auto intact = disk.contents();
  for (std::size_t frame = 0; frame + 1 < frames.size(); ++frame) {
    for (std::size_t at = frames[frame]; at < frames[frame] + 192; at += 17) {
      disk.contents() = intact;
      disk.contents()[at] ^= 0x20;
      const auto damaged = disk.contents();
      const auto keys = KeyStore::open_file(disk.open(), *vault_);
      ASSERT_FALSE(keys) << "frame " << frame << " byte " << at;
      EXPECT_EQ(keys.error().code, KeyError::kDamaged);
      EXPECT_EQ(disk.contents(), damaged);  // Left as it is.
    }
  }
  // A damaged slot costs its own key only.
  disk.contents() = intact;
  disk.contents()[frames[2] + 192 + 20] ^= 1;
  const auto keys = KeyStore::open_file(disk.open(), *vault_);
  ASSERT_TRUE(keys);
  EXPECT_EQ(error_of(keys->find(recording(2))), KeyError::kDamaged);
  for (const std::uint32_t i : {0U, 1U, 3U, 4U}) EXPECT_TRUE(keys->find(recording(i)));
}

// Goal: whatever length a crash leaves, the keys of whole frames are found. Method: cut at every
// byte of the file; below the header nothing was ever committed and the file is made again.
TEST_F(KeyStoreTest, OpensAtEveryTruncation) {
  MemoryDisk disk;
  std::vector<std::size_t> ends;
  {
    auto keys = KeyStore::open_file(disk.open(), *vault_);
    ASSERT_TRUE(keys);
    for (std::uint32_t i = 0; i < 3; ++i) {
      ASSERT_TRUE(keys->create(recording(i), kBucket));
      ASSERT_TRUE(keys->commit());
      ends.push_back(disk.contents().size());
    }
  }
  const auto intact = disk.contents();
  for (std::size_t bytes = 0; bytes <= intact.size(); bytes += bytes < 4000 ? 97 : 1) {
    disk.contents() = intact;
    disk.contents().resize(bytes);
    auto keys = KeyStore::open_file(disk.open(), *vault_);
    ASSERT_TRUE(keys) << bytes << ": " << keys.error().message;
    for (std::uint32_t i = 0; i < 3; ++i) {
      ASSERT_EQ(keys->find(recording(i)).has_value(), bytes >= ends[i]) << bytes << " key " << i;
    }
    ASSERT_TRUE(keys->create(recording(50), kBucket));
    ASSERT_TRUE(keys->commit());
    const auto again = KeyStore::open_file(disk.open(), *vault_);
    ASSERT_TRUE(again) << bytes;
    ASSERT_TRUE(again->find(recording(50))) << bytes;
  }
}

// Goal: a file that is not a key store is left alone.
TEST_F(KeyStoreTest, RefusesForeignFiles) {
  for (const std::size_t bytes : {std::size_t{20}, std::size_t{4096}, std::size_t{9000}}) {
    MemoryDisk disk;
    disk.contents().assign(bytes, 'x');
    const auto keys = KeyStore::open_file(disk.open(), *vault_);
    ASSERT_FALSE(keys);
    EXPECT_EQ(keys.error().code, KeyError::kDamaged);
    EXPECT_EQ(disk.contents(), std::vector<std::uint8_t>(bytes, 'x'));
  }
  MemoryDisk disk;
  ASSERT_TRUE(KeyStore::open_file(disk.open(), *vault_));
  disk.contents()[8] = 2;
  const auto newer = KeyStore::open_file(disk.open(), *vault_);
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().code, KeyError::kOtherVersion);
}

// Goal: a full disk refuses new keys while erasures go on, and keys again once there is space.
TEST_F(KeyStoreTest, ErasesOnAFullDisk) {
  MemoryDisk disk;
  auto keys = KeyStore::open_file(disk.open(), *vault_);
  ASSERT_TRUE(keys);
  disk.set_capacity(1U << 20);
  std::uint32_t made = 0;
  for (;; ++made) {
    ASSERT_TRUE(keys->create(recording(made), kBucket));
    const auto committed = keys->commit();
    if (committed) continue;
    ASSERT_EQ(committed.error().code, KeyError::kFull);
    break;
  }
  EXPECT_GT(made, 3000U);
  EXPECT_EQ(error_of(keys->find(recording(made))), KeyError::kNotFound);
  for (std::uint32_t i = 0; i < 300; ++i) {
    ASSERT_TRUE(keys->destroy(recording(i)));
    const auto committed = keys->commit();
    ASSERT_TRUE(committed) << i << committed.error().message;
  }
  disk.set_capacity(4U << 20);
  ASSERT_TRUE(keys->create(recording(made), kBucket));
  ASSERT_TRUE(keys->commit());
  EXPECT_TRUE(keys->find(recording(made)));
}

// Goal: keys may be looked up while others are made and destroyed.
TEST_F(KeyStoreTest, FindsFromOtherThreads) {
  KeyStore keys = open({.durable = false, .read_only = false});
  ASSERT_TRUE(keys.create(recording(0), kBucket));
  ASSERT_TRUE(keys.commit());
  std::atomic<bool> stop = false;
  std::atomic<std::uint64_t> found = 0;
  std::thread reader([&] {
    while (!stop) found += keys.find(recording(0)).has_value() ? 1 : 0;
  });
  for (std::uint32_t i = 1; i < 500; ++i) {
    ASSERT_TRUE(keys.create(recording(i), kBucket));
    if (i > 10) {
      ASSERT_TRUE(keys.destroy(recording(i - 10)));
    }
    ASSERT_TRUE(keys.commit());
  }
  stop = true;
  reader.join();
  EXPECT_GT(found, 0U);
}

}  // namespace
}  // namespace opptak::storage
