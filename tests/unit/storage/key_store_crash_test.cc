// The key store under crashes: at every operation, with every kind of loss, and kill -9 for real.
#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "storage/key/file_vault.h"
#include "storage/key/key_layout.h"
#include "storage/key/key_store.h"
#include "tests/unit/storage/memory_key_file.h"
#include "tests/unit/storage/temporary_directory.h"

namespace opptak::storage {
namespace {

RecordingId recording(std::uint32_t number) {
  RecordingId id;
  std::memcpy(id.bytes.data() + 12, &number, sizeof number);
  return id;
}

const KeyBucket kBucket{"acme", BucketClass::kSale, 20'000};

// What the caller was told, against which the store is checked after a crash.
struct Expectation {
  std::map<std::uint32_t, RecordingKey> live;   // Committed.
  std::map<std::uint32_t, RecordingKey> limbo;  // A commit that destroys them was cut off.
  std::vector<std::uint32_t> erased;            // Acknowledged.
};

// A little history; stops at the first operation that fails. True if it ran to its end.
bool run_history(KeyStore& keys, Expectation& expected) {
  std::uint32_t next = 0;
  for (int round = 0; round < 4; ++round) {
    std::map<std::uint32_t, RecordingKey> staged;
    for (int i = 0; i < 3; ++i, ++next) {
      auto key = keys.create(recording(next), kBucket);
      if (!key) return false;
      staged.emplace(next, std::move(*key));
    }
    if (!keys.commit()) return false;
    expected.live.merge(staged);
    // The middle one of this round and, later, one of the first round.
    std::vector<std::uint32_t> doomed{next - 2};
    if (round == 2) doomed.push_back(0);
    for (const std::uint32_t number : doomed) {
      if (!keys.destroy(recording(number))) return false;
    }
    const bool done = keys.commit().has_value();
    for (const std::uint32_t number : doomed) {
      auto node = expected.live.extract(number);
      if (done) {
        expected.erased.push_back(number);
      } else {
        expected.limbo.insert(std::move(node));
      }
    }
    if (!done) return false;
  }
  return true;
}

bool same(const RecordingKey& a, const RecordingKey& b) {
  return std::ranges::equal(a.bytes(), b.bytes());
}

void expect_consistent(const KeyStore& keys, const Expectation& expected, const std::string& when) {
  for (const auto& [number, key] : expected.live) {
    const auto found = keys.find(recording(number));
    ASSERT_TRUE(found) << when << ": live key " << number << ": " << found.error().message;
    ASSERT_TRUE(same(*found, key)) << when << ": key " << number << " has changed";
  }
  for (const std::uint32_t number : expected.erased) {
    const auto found = keys.find(recording(number));
    ASSERT_FALSE(found) << when << ": erased key " << number << " is back";
    ASSERT_EQ(found.error().code, KeyError::kErased) << when;
  }
  for (const auto& [number, key] : expected.limbo) {
    const auto found = keys.find(recording(number));
    if (found) {
      ASSERT_TRUE(same(*found, key)) << when;
    } else {
      ASSERT_EQ(found.error().code, KeyError::kErased) << when << ": key " << number;
    }
  }
}

// Every slot of an erased recording is zero.
void expect_wiped(const std::vector<std::uint8_t>& file, const KeyStore& keys,
                  const std::string& when) {
  std::size_t at = kKeyHeaderBytes;
  KeyStoreId id;
  std::copy_n(file.begin() + 16, 16, id.begin());
  while (at < file.size()) {
    const auto rest = std::span(file).subspan(at);
    const auto header = decode_frame_header(rest);
    ASSERT_TRUE(header) << when;
    const auto entries = decode_frame(id, rest);
    ASSERT_TRUE(entries) << when;
    std::size_t slot = at + header->checked_bytes();
    for (const KeyEntry& entry : *entries) {
      if (entry.kind != KeyEntry::Kind::kCreate) continue;
      const auto found = keys.find(entry.recording);
      const bool erased = !found && found.error().code == KeyError::kErased;
      const bool zero = std::all_of(file.begin() + static_cast<std::ptrdiff_t>(slot),
                                    file.begin() + static_cast<std::ptrdiff_t>(slot) + 64,
                                    [](std::uint8_t byte) { return byte == 0; });
      if (erased) {
        ASSERT_TRUE(zero) << when << ": a wrapped key of an erased recording is left";
      }
      slot += kKeySlotBytes;
    }
    at += header->frame_bytes();
  }
  ASSERT_EQ(at, file.size()) << when;
}

class KeyStoreDeath : public testing::Test {
 protected:
  KeyStoreDeath() : vault_(*FileVault::open(directory_.path() / "root.key", true)) {}
  TemporaryDirectory directory_;
  std::unique_ptr<FileVault> vault_;
};

class KeyStoreCrash : public KeyStoreDeath, public testing::WithParamInterface<Crash> {};

INSTANTIATE_TEST_SUITE_P(Kinds, KeyStoreCrash,
                         testing::Values(Crash::kKill, Crash::kPower, Crash::kTorn),
                         [](const auto& param_info) {
                           return param_info.param == Crash::kKill    ? "Kill"
                                  : param_info.param == Crash::kPower ? "PowerCut"
                                                                      : "TornWrites";
                         });

// Goal: after a crash at any operation no acknowledged key is lost or changed, no acknowledged
// erasure undone, and no wrapped key of an erased recording left. Method: a history on a disk that
// dies at operation 0, 1, 2, ..., of a write with part of it done; reopen; compare.
TEST_P(KeyStoreCrash, KeepsItsWordAtEveryStep) {
  std::uint64_t steps = 0;
  for (bool finished = false; !finished; ++steps) {
    for (std::uint32_t seed = 0; seed < 20; ++seed) {
      const std::string when = fmt::format("step {} seed {}", steps, seed);
      std::mt19937 random(static_cast<std::uint32_t>(steps * 1000 + seed));
      MemoryDisk disk;
      Expectation expected;
      disk.die_at(steps, seed * 37);
      {
        auto keys = KeyStore::open_file(disk.open(), *vault_);
        finished = keys && run_history(*keys, expected);
      }
      disk.crash(GetParam(), random);
      // The next start may crash as well, while it repairs.
      if (seed % 4 == 3) {
        disk.die_at(random() % 3, random() % 64);
        static_cast<void>(KeyStore::open_file(disk.open(), *vault_));
        disk.crash(GetParam(), random);
      }
      auto keys = KeyStore::open_file(disk.open(), *vault_);
      ASSERT_TRUE(keys) << when << ": " << keys.error().message;
      expect_consistent(*keys, expected, when);
      expect_wiped(disk.contents(), *keys, when);
      if (HasFatalFailure()) return;
      // And it goes on working.
      const auto key = keys->create(recording(1000), kBucket);
      ASSERT_TRUE(key && keys->commit()) << when;
      const auto again = KeyStore::open_file(disk.open(), *vault_);
      ASSERT_TRUE(again) << when;
      expect_consistent(*again, expected, when);
      ASSERT_TRUE(again->find(recording(1000))) << when;
    }
  }
  EXPECT_GT(steps, 20U);
}

// Goal: after a sync that failed nothing is claimed any more until the file was read anew.
TEST_F(KeyStoreDeath, StopsAfterAFailedSync) {
  MemoryDisk disk;
  auto keys = KeyStore::open_file(disk.open(), *vault_);
  ASSERT_TRUE(keys);
  ASSERT_TRUE(keys->create(recording(1), kBucket));
  disk.die_at(1);  // The write goes through, the sync does not.
  const auto failed = keys->commit();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, KeyError::kFailed);
  disk.revive();
  const auto refused = keys->create(recording(2), kBucket);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, KeyError::kFailed);
  auto again = KeyStore::open_file(disk.open(), *vault_);
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->create(recording(2), kBucket) && again->commit());
}

// A child that makes and destroys keys as fast as it can and says on a pipe what was acknowledged:
// 'c' or 'e', number, key. Never returns.
[[noreturn]] void run_child(const std::filesystem::path& store, Vault& vault, int pipe,
                            std::uint32_t first) {
  // A killed process loses nothing that it wrote, so that syncing would only make this slow.
  auto keys = KeyStore::open(store, vault, {.durable = false, .read_only = false});
  if (!keys) ::_exit(2);
  for (std::uint32_t number = first;; ++number) {
    auto key = keys->create(recording(number), kBucket);
    if (number % 3 == 0 && number > first) static_cast<void>(keys->destroy(recording(number - 1)));
    if (!key || !keys->commit()) ::_exit(3);
    std::array<std::uint8_t, 37> said{};
    const auto say = [&](char what, std::uint32_t about) {
      said[0] = static_cast<std::uint8_t>(what);
      std::memcpy(said.data() + 1, &about, sizeof about);
      std::copy_n(key->bytes().data(), kKeyBytes, said.data() + 5);
      if (::write(pipe, said.data(), said.size()) != static_cast<ssize_t>(said.size())) ::_exit(4);
    };
    say('c', number);
    if (number % 3 == 0 && number > first) say('e', number - 1);
  }
}

// Goal: kill -9 at any moment loses nothing that was acknowledged. Method: kill a real process on a
// real file again and again, each time continuing on what the one before left.
TEST_F(KeyStoreDeath, SurvivesKill) {
  Expectation expected;
  std::mt19937 random(42);
  std::uint32_t first = 0;
  for (int round = 0; round < 25; ++round, first += 100'000) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(ends[0]);
      run_child(directory_.path(), *vault_, ends[1], first);
    }
    ::close(ends[1]);
    ::usleep(static_cast<useconds_t>(5'000 + random() % 30'000));
    ::kill(child, SIGKILL);
    std::array<std::uint8_t, 37> said;
    while (::read(ends[0], said.data(), said.size()) == static_cast<ssize_t>(said.size())) {
      std::uint32_t number = 0;
      std::memcpy(&number, said.data() + 1, sizeof number);
      if (said[0] == 'e') {
        expected.limbo.erase(number);
        expected.erased.push_back(number);
        continue;
      }
      // Every third may be destroyed by a commit that is never acknowledged.
      auto& known = number % 3 == 2 ? expected.limbo : expected.live;
      known.emplace(number, RecordingKey(std::span<const std::uint8_t, kKeyBytes>(said.data() + 5,
                                                                                  kKeyBytes)));
    }
    ::close(ends[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended with " << WEXITSTATUS(status);
    const auto keys = KeyStore::open(directory_.path(), *vault_);
    ASSERT_TRUE(keys) << "round " << round << ": " << keys.error().message;
    expect_consistent(*keys, expected, fmt::format("round {}", round));
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(expected.erased.size(), 20U);
}

}  // namespace
}  // namespace opptak::storage
