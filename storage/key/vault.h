// What holds the root of all keys. It wraps and unwraps 32-byte keys and never gives its own away,
// so that it may be a file, a token or an HSM. Callable from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <span>
#include <string>

#include "storage/base/failure.h"
#include "storage/key/recording_key.h"

namespace opptak::storage {

// Nonce (12 bytes), AES-256-GCM ciphertext (32), tag (16).
inline constexpr std::size_t kWrappedKeyBytes = 60;
using WrappedKey = std::array<std::uint8_t, kWrappedKeyBytes>;

enum class VaultError : std::uint8_t {
  kMissing,      // The root key is not there.
  kPermissions,  // Others than its owner may read it, or we may not.
  kBadSize,      // Not a root key of ours.
  kMismatch,     // unwrap(): not wrapped by this root, or for another context.
  kSystem,       // The file system or token refused; the message says what.
};
using VaultFailure = Failure<VaultError>;

class Vault {
 public:
  virtual ~Vault() = default;

  // `context` names what the key is for; unwrap() needs the same.
  [[nodiscard]] virtual std::expected<WrappedKey, VaultFailure> wrap(
      const RecordingKey& key, std::span<const std::uint8_t> context) = 0;
  [[nodiscard]] virtual std::expected<RecordingKey, VaultFailure> unwrap(
      const WrappedKey& wrapped, std::span<const std::uint8_t> context) = 0;

  // For messages: where the root is, "vault key /var/lib/opptak/vault/root.key".
  [[nodiscard]] virtual std::string describe() const = 0;
};

}  // namespace opptak::storage
