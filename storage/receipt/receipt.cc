#include "storage/receipt/receipt.h"

#include <set>
#include <span>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>
#include <sodium.h>

#include "storage/base/check.h"
#include "storage/key/recording_key.h"
#include "storage/key/secret_file.h"

namespace opptak::storage {

namespace {

using Json = nlohmann::json;  // Keys in byte order, as the signature wants them.

constexpr std::uint32_t kReceiptVersion = 1;
constexpr std::size_t kReceiptBytesMax = 64U << 10;
constexpr std::string_view kSignedPrefix = "opptak-receipt-1\n";
constexpr char kErased[] = "erased";
constexpr char kKeyDestroyed[] = "key_destroyed";
constexpr char kCovers[] =
    "The recording's encryption key has been destroyed in the key store; its stored blocks can no "
    "longer be decrypted by this system.";
constexpr char kErasedDoesNotCover[] =
    "Exports and copies handed out before the erasure; backups and disk images of the key store "
    "made before the erasure, as long as the vault's root key that they need exists.";
constexpr char kKeyDestroyedDoesNotCover[] = "Exports and copies handed out before the erasure.";

std::string to_hex(std::span<const std::uint8_t> bytes) {
  std::string hex(bytes.size() * 2 + 1, '\0');
  sodium_bin2hex(hex.data(), hex.size(), bytes.data(), bytes.size());
  hex.pop_back();
  return hex;
}

template <std::size_t N>
bool from_hex(const std::string& hex, std::array<std::uint8_t, N>& bytes) {
  std::size_t decoded = 0;
  return hex.size() == 2 * N &&
         sodium_hex2bin(bytes.data(), N, hex.data(), hex.size(), nullptr, &decoded, nullptr) == 0 &&
         decoded == N;
}

std::string signed_text(const Json& without_signature) {
  return std::string(kSignedPrefix) +
         without_signature.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::unexpected<ReceiptFailure> fail(ReceiptError error, std::string message) {
  return std::unexpected(ReceiptFailure{error, std::move(message)});
}

// A name that stands twice would let two readers see two receipts under one signature.
std::optional<Json> parse_strict(std::string_view text) {
  std::set<std::string> names;
  bool repeated = false;
  const auto watch = [&](int depth, Json::parse_event_t event, Json& value) {
    if (event == Json::parse_event_t::key && depth == 1) {
      repeated |= !names.insert(value.get<std::string>()).second;
    }
    return true;
  };
  Json json = Json::parse(text, watch, false);
  if (!json.is_object() || repeated) return std::nullopt;
  return json;
}

std::optional<std::string> text_field(const Json& json, const char* name) {
  const auto field = json.find(name);
  if (field == json.end() || !field->is_string()) return std::nullopt;
  return field->get<std::string>();
}

}  // namespace

std::string recording_hash(const RecordingId& recording) {
  std::array<std::uint8_t, 32> digest;
  CHECK(EVP_Digest(recording.bytes.data(), recording.bytes.size(), digest.data(), nullptr,
                   EVP_sha256(), nullptr) == 1);
  return to_hex(digest);
}

std::filesystem::path receipt_key_beside(const std::filesystem::path& vault_file) {
  return vault_file.parent_path() / "receipt.key";
}

ReceiptSigner::~ReceiptSigner() { wipe(secret_); }

ReceiptSigner::ReceiptSigner(ReceiptSigner&& other) noexcept
    : public_key_(other.public_key_), secret_(other.secret_) {
  wipe(other.secret_);
}

ReceiptSigner& ReceiptSigner::operator=(ReceiptSigner&& other) noexcept {
  if (this != &other) {
    public_key_ = other.public_key_;
    secret_ = other.secret_;
    wipe(other.secret_);
  }
  return *this;
}

std::expected<ReceiptSigner, ReceiptFailure> ReceiptSigner::open(
    const std::filesystem::path& file) {
  std::array<std::uint8_t, kSecretBytes> seed{};
  const auto loaded = load_secret(file, "receipt signing key", true, seed);
  if (!loaded) {
    switch (loaded.error().code) {
      case SecretError::kMissing:
        return fail(ReceiptError::kMissing, loaded.error().message);
      case SecretError::kPermissions:
        return fail(ReceiptError::kPermissions, loaded.error().message);
      case SecretError::kBadSize:
        return fail(ReceiptError::kBadKey, loaded.error().message);
      case SecretError::kSystem:
        return fail(ReceiptError::kSystem, loaded.error().message);
    }
  }
  static_assert(kSecretBytes == crypto_sign_SEEDBYTES);
  ReceiptSigner signer;
  static_assert(sizeof signer.secret_ == crypto_sign_SECRETKEYBYTES);
  CHECK(crypto_sign_seed_keypair(signer.public_key_.data(), signer.secret_.data(), seed.data()) ==
        0);
  wipe(seed);
  return signer;
}

std::string ReceiptSigner::sign(const Receipt& receipt) const {
  const bool final = receipt.stage == ReceiptStage::kKeyDestroyed;
  Json json = {{"version", kReceiptVersion},
               {"recording_hash", recording_hash(receipt.recording)},
               {"erased_by", receipt.erased_by},
               {"erased_at", format_rfc3339(receipt.erased_at)},
               {"stage", final ? kKeyDestroyed : kErased},
               {"covers", kCovers},
               {"does_not_cover", final ? kKeyDestroyedDoesNotCover : kErasedDoesNotCover},
               {"public_key", to_hex(public_key_)}};
  const std::string text = signed_text(json);
  std::array<std::uint8_t, crypto_sign_BYTES> signature;
  CHECK(crypto_sign_detached(signature.data(), nullptr,
                             reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                             secret_.data()) == 0);
  json["signature"] = to_hex(signature);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::expected<CheckedReceipt, ReceiptFailure> verify_receipt(
    std::string_view json, const std::optional<PublicKey>& expected_signer) {
  CHECK(sodium_init() >= 0);
  auto parsed = json.size() <= kReceiptBytesMax ? parse_strict(json) : std::nullopt;
  if (!parsed) return fail(ReceiptError::kMalformed, "this is not a receipt: no JSON object");
  const auto version = parsed->find("version");
  if (version == parsed->end() || *version != kReceiptVersion) {
    return fail(ReceiptError::kMalformed,
                fmt::format("this is not a receipt of version {}", kReceiptVersion));
  }
  const auto hash = text_field(*parsed, "recording_hash");
  const auto by = text_field(*parsed, "erased_by");
  const auto at = text_field(*parsed, "erased_at");
  const auto stage = text_field(*parsed, "stage");
  const auto key_hex = text_field(*parsed, "public_key");
  const auto signature_hex = text_field(*parsed, "signature");
  CheckedReceipt receipt;
  std::array<std::uint8_t, crypto_sign_BYTES> signature;
  if (!hash || hash->size() != 64 || !by || !at || !stage ||
      (*stage != kErased && *stage != kKeyDestroyed) || !text_field(*parsed, "covers") ||
      !text_field(*parsed, "does_not_cover") || !key_hex || !from_hex(*key_hex, receipt.signer) ||
      !signature_hex || !from_hex(*signature_hex, signature)) {
    return fail(ReceiptError::kMalformed, "this is not a receipt: a field is missing or wrong");
  }
  parsed->erase("signature");
  const std::string text = signed_text(*parsed);
  if (crypto_sign_verify_detached(signature.data(),
                                  reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                                  receipt.signer.data()) != 0) {
    return fail(ReceiptError::kBadSignature,
                "the signature does not match: the receipt was changed");
  }
  if (expected_signer && *expected_signer != receipt.signer) {
    return fail(ReceiptError::kOtherSigner,
                fmt::format("signed by the key {}, not by the expected one", *key_hex));
  }
  receipt.recording_hash = *hash;
  receipt.erased_by = *by;
  receipt.erased_at = *at;
  receipt.stage = *stage == kErased ? ReceiptStage::kErased : ReceiptStage::kKeyDestroyed;
  return receipt;
}

}  // namespace opptak::storage
