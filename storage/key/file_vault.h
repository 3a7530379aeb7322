// Vault whose root is a file of 32 random bytes, mode 0600 (the embedded default). The root lives
// in locked, undumped memory while the vault does.
#pragma once

#include <expected>
#include <filesystem>
#include <memory>

#include "storage/key/vault.h"

namespace opptak::storage {

class FileVault final : public Vault {
 public:
  // Opens the root key. With `create`, makes it (and its directory, 0700) where it is missing,
  // durably; pass false where a key store exists that needs the old one.
  [[nodiscard]] static std::expected<std::unique_ptr<FileVault>, VaultFailure> open(
      const std::filesystem::path& file, bool create);
  ~FileVault() override;
  FileVault(const FileVault&) = delete;
  FileVault& operator=(const FileVault&) = delete;

  [[nodiscard]] std::expected<WrappedKey, VaultFailure> wrap(
      const RecordingKey& key, std::span<const std::uint8_t> context) override;
  [[nodiscard]] std::expected<RecordingKey, VaultFailure> unwrap(
      const WrappedKey& wrapped, std::span<const std::uint8_t> context) override;
  [[nodiscard]] std::string describe() const override;

 private:
  struct Root;
  FileVault(std::filesystem::path file, std::unique_ptr<Root> root) noexcept;
  std::filesystem::path file_;
  std::unique_ptr<Root> root_;
};

}  // namespace opptak::storage
