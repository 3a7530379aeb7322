// Erasure receipts: signed JSON (Ed25519, RFC 8032) that anyone can check offline, and that says
// what it does and does not cover. docs/formats/receipt.md is the contract.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "storage/base/failure.h"
#include "storage/base/ids.h"
#include "storage/base/time.h"

namespace opptak::storage {

enum class ReceiptError : std::uint8_t {
  kMissing,       // The signing key is not there.
  kPermissions,   // Others than its owner may read the signing key.
  kBadKey,        // The signing key file is not ours.
  kMalformed,     // Not a receipt: no JSON, a field missing or of another type or version.
  kOtherSigner,   // Signed by another key than the one expected.
  kBadSignature,  // The text was changed, or the signature is not of that key.
  kSystem,        // The file system refused.
};
using ReceiptFailure = Failure<ReceiptError>;

using PublicKey = std::array<std::uint8_t, 32>;

enum class ReceiptStage : std::uint8_t {
  kErased,        // The recording's key is destroyed in the key store.
  kKeyDestroyed,  // Also what could unwrap a remnant of it.
};

struct Receipt {
  RecordingId recording;
  std::string erased_by;  // Opaque id of account, token or rule; never a name or number.
  UnixNs erased_at;
  ReceiptStage stage = ReceiptStage::kErased;
};

// What a checked receipt says.
struct CheckedReceipt {
  std::string recording_hash;  // Hex SHA-256 of the 16 bytes of the recording's id.
  std::string erased_by;
  std::string erased_at;  // RFC 3339.
  ReceiptStage stage = ReceiptStage::kErased;
  PublicKey signer{};
};

class ReceiptSigner {
 public:
  // Opens the signing key (32-byte seed, 0600), or makes it durably where it is missing.
  [[nodiscard]] static std::expected<ReceiptSigner, ReceiptFailure> open(
      const std::filesystem::path& file);
  ~ReceiptSigner();
  ReceiptSigner(ReceiptSigner&& other) noexcept;
  ReceiptSigner& operator=(ReceiptSigner&& other) noexcept;

  [[nodiscard]] const PublicKey& public_key() const noexcept { return public_key_; }
  // Compact JSON.
  [[nodiscard]] std::string sign(const Receipt& receipt) const;

 private:
  ReceiptSigner() = default;
  PublicKey public_key_{};
  std::array<std::uint8_t, 64> secret_{};
};

// The signing key that belongs beside a vault root: `receipt.key` in the same directory.
[[nodiscard]] std::filesystem::path receipt_key_beside(const std::filesystem::path& vault_file);

// Without `expected_signer` the receipt only proves that its own key signed it. Pure.
[[nodiscard]] std::expected<CheckedReceipt, ReceiptFailure> verify_receipt(
    std::string_view json, const std::optional<PublicKey>& expected_signer);

[[nodiscard]] std::string recording_hash(const RecordingId& recording);

}  // namespace opptak::storage
