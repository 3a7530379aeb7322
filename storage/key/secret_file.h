// Files of 32 secret random bytes: the vault's root and the receipts' signing key. Only the owner
// may read them, they are made once and durably, and anything odd about them is refused.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <span>

#include "storage/base/failure.h"

namespace opptak::storage {

inline constexpr std::size_t kSecretBytes = 32;

enum class SecretError : std::uint8_t {
  kMissing,      // Not there, and not to be made.
  kPermissions,  // Others than its owner may read it, it is not ours, or we may not read it.
  kBadSize,      // Not exactly kSecretBytes.
  kSystem,       // The file system refused.
};
using SecretFailure = Failure<SecretError>;

// Fills `to`, which the caller wipes. With `create`, a missing file is made, and its directory
// (0700) where that is missing. `what` names it in messages: "vault key".
[[nodiscard]] std::expected<void, SecretFailure> load_secret(
    const std::filesystem::path& file, const char* what, bool create,
    std::span<std::uint8_t, kSecretBytes> to);

}  // namespace opptak::storage
