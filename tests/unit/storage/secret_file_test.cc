#include "storage/key/secret_file.h"

#include <algorithm>
#include <array>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/key/file_vault.h"
#include "tests/unit/storage/temporary_directory.h"

namespace opptak::storage {
namespace {

using Secret = std::array<std::uint8_t, kSecretBytes>;

mode_t mode_of(const std::filesystem::path& path) {
  struct stat status{};
  EXPECT_EQ(::stat(path.c_str(), &status), 0);
  return status.st_mode & 07777;
}

// Goal: made once, readable by its owner only, the same afterwards.
TEST(SecretFile, IsMadeOnce) {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "vault" / "root.key";
  Secret first{};
  Secret second{};
  ASSERT_TRUE(load_secret(path, "vault key", true, first));
  EXPECT_NE(first, Secret{});
  EXPECT_EQ(mode_of(path), 0600U);
  EXPECT_EQ(mode_of(path.parent_path()), 0700U);
  ASSERT_TRUE(load_secret(path, "vault key", true, second));
  EXPECT_EQ(first, second);
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& file :
       std::filesystem::directory_iterator(path.parent_path())) {
    ++files;
  }
  EXPECT_EQ(files, 1U);  // No copy of the secret is left.
}

// Goal: a missing secret is not made when it must be the old one.
TEST(SecretFile, IsNotMadeWithoutLeave) {
  const TemporaryDirectory directory;
  Secret secret{};
  const auto loaded = load_secret(directory.path() / "root.key", "vault key", false, secret);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, SecretError::kMissing);
  EXPECT_NE(loaded.error().message.find("root.key"), std::string::npos);
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

// Goal: a secret that others may read is refused, whoever they are.
TEST(SecretFile, RefusesLoosePermissions) {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "root.key";
  Secret secret{};
  ASSERT_TRUE(load_secret(path, "vault key", true, secret));
  for (const mode_t mode : {0640U, 0604U, 0620U, 0601U, 0666U}) {
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    const auto loaded = load_secret(path, "vault key", true, secret);
    ASSERT_FALSE(loaded) << std::oct << mode;
    EXPECT_EQ(loaded.error().code, SecretError::kPermissions);
    EXPECT_NE(loaded.error().message.find("0600"), std::string::npos);
  }
  ASSERT_EQ(::chmod(path.c_str(), 0400), 0);
  EXPECT_TRUE(load_secret(path, "vault key", true, secret));
}

// Goal: a file of another size is no secret. Method: every size up to twice the right one.
TEST(SecretFile, RefusesEveryOtherSize) {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "root.key";
  for (std::size_t bytes = 0; bytes <= 2 * kSecretBytes; ++bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << std::string(bytes, 'k');
    ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
    Secret secret{};
    const auto loaded = load_secret(path, "vault key", true, secret);
    ASSERT_EQ(loaded.has_value(), bytes == kSecretBytes) << bytes;
    if (!loaded) {
      EXPECT_EQ(loaded.error().code, SecretError::kBadSize);
    }
  }
}

// Goal: a link is not followed to a secret.
TEST(SecretFile, RefusesALink) {
  const TemporaryDirectory directory;
  Secret secret{};
  ASSERT_TRUE(load_secret(directory.path() / "real.key", "vault key", true, secret));
  std::filesystem::create_symlink("real.key", directory.path() / "root.key");
  EXPECT_FALSE(load_secret(directory.path() / "root.key", "vault key", true, secret));
}

// Goal: what a vault wraps, only it unwraps, and only for the same context, unchanged.
TEST(FileVault, UnwrapsItsOwnOnly) {
  const TemporaryDirectory directory;
  const auto vault = FileVault::open(directory.path() / "root.key", true);
  const auto other = FileVault::open(directory.path() / "other.key", true);
  ASSERT_TRUE(vault && other);
  const std::array<std::uint8_t, 3> context{1, 2, 3};
  const RecordingKey key = RecordingKey::random();
  const auto wrapped = (*vault)->wrap(key, context);
  ASSERT_TRUE(wrapped);
  const auto unwrapped = (*vault)->unwrap(*wrapped, context);
  ASSERT_TRUE(unwrapped);
  EXPECT_TRUE(std::ranges::equal(unwrapped->bytes(), key.bytes()));
  EXPECT_EQ(std::search(wrapped->begin(), wrapped->end(), key.bytes().begin(), key.bytes().end()),
            wrapped->end());
  EXPECT_NE(*(*vault)->wrap(key, context), *wrapped);  // A fresh nonce each time.

  const auto expect_mismatch = [](const auto& result) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, VaultError::kMismatch);
  };
  expect_mismatch((*other)->unwrap(*wrapped, context));
  expect_mismatch((*vault)->unwrap(*wrapped, std::span(context).first(2)));
  for (std::size_t i = 0; i < wrapped->size(); ++i) {
    WrappedKey changed = *wrapped;
    changed[i] ^= 1;
    expect_mismatch((*vault)->unwrap(changed, context));
  }
}

// Goal: a key leaves nothing behind when it moves.
TEST(RecordingKey, IsWipedWhenMoved) {
  RecordingKey key = RecordingKey::random();
  const RecordingKey copy = key.clone();
  const RecordingKey moved = std::move(key);
  EXPECT_TRUE(std::ranges::equal(moved.bytes(), copy.bytes()));
  EXPECT_TRUE(std::ranges::all_of(key.bytes(),  // NOLINT(bugprone-use-after-move)
                                  [](std::uint8_t byte) { return byte == 0; }));
}

}  // namespace
}  // namespace opptak::storage
