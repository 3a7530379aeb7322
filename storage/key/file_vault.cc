#include "storage/key/file_vault.h"

#include <new>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <sodium.h>

#include "storage/base/check.h"
#include "storage/key/secret_file.h"

namespace opptak::storage {

namespace {

constexpr std::size_t kNonceSize = 12;
constexpr std::size_t kTagSize = 16;
static_assert(kWrappedKeyBytes == kNonceSize + kKeyBytes + kTagSize);

struct ContextDeleter {
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, ContextDeleter>;

void start(EVP_CIPHER_CTX* cipher, const std::uint8_t* root, const std::uint8_t* nonce,
           std::span<const std::uint8_t> context, int encrypt) {
  int bytes = 0;
  CHECK(cipher != nullptr);
  CHECK(EVP_CipherInit_ex2(cipher, EVP_aes_256_gcm(), root, nonce, encrypt, nullptr) == 1);
  CHECK(EVP_CipherUpdate(cipher, nullptr, &bytes, context.data(),
                         static_cast<int>(context.size())) == 1);
}

VaultError vault_error(SecretError error) noexcept {
  switch (error) {
    case SecretError::kMissing:
      return VaultError::kMissing;
    case SecretError::kPermissions:
      return VaultError::kPermissions;
    case SecretError::kBadSize:
      return VaultError::kBadSize;
    case SecretError::kSystem:
      break;
  }
  return VaultError::kSystem;
}

}  // namespace

// Guarded pages, locked and left out of dumps where the limits allow.
struct FileVault::Root {
  Root() : bytes(static_cast<std::uint8_t*>(sodium_malloc(kKeyBytes))) {
    if (bytes == nullptr) throw std::bad_alloc();
  }
  ~Root() { sodium_free(bytes); }  // Wipes.
  Root(const Root&) = delete;
  Root& operator=(const Root&) = delete;
  std::uint8_t* bytes;
};

FileVault::FileVault(std::filesystem::path file, std::unique_ptr<Root> root) noexcept
    : file_(std::move(file)), root_(std::move(root)) {}
FileVault::~FileVault() = default;

std::expected<std::unique_ptr<FileVault>, VaultFailure> FileVault::open(
    const std::filesystem::path& file, bool create) {
  CHECK(sodium_init() >= 0);
  auto root = std::make_unique<Root>();
  const auto loaded = load_secret(file, "vault key", create,
                                  std::span<std::uint8_t, kSecretBytes>(root->bytes, kKeyBytes));
  if (!loaded) {
    return std::unexpected(VaultFailure{vault_error(loaded.error().code), loaded.error().message});
  }
  sodium_mprotect_readonly(root->bytes);
  return std::unique_ptr<FileVault>(new FileVault(file, std::move(root)));
}

std::expected<WrappedKey, VaultFailure> FileVault::wrap(const RecordingKey& key,
                                                        std::span<const std::uint8_t> context) {
  WrappedKey wrapped;
  std::uint8_t* const sealed = wrapped.data() + kNonceSize;
  randombytes_buf(wrapped.data(), kNonceSize);
  const CipherContext cipher(EVP_CIPHER_CTX_new());
  start(cipher.get(), root_->bytes, wrapped.data(), context, 1);
  int bytes = 0;
  CHECK(EVP_CipherUpdate(cipher.get(), sealed, &bytes, key.bytes().data(), kKeyBytes) == 1);
  CHECK(EVP_CipherFinal_ex(cipher.get(), sealed + kKeyBytes, &bytes) == 1);
  CHECK(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, kTagSize, sealed + kKeyBytes) ==
        1);
  return wrapped;
}

std::expected<RecordingKey, VaultFailure> FileVault::unwrap(const WrappedKey& wrapped,
                                                            std::span<const std::uint8_t> context) {
  const std::uint8_t* const sealed = wrapped.data() + kNonceSize;
  const CipherContext cipher(EVP_CIPHER_CTX_new());
  start(cipher.get(), root_->bytes, wrapped.data(), context, 0);
  std::array<std::uint8_t, kKeyBytes> clear;
  std::array<std::uint8_t, kTagSize> tag;
  std::copy_n(sealed + kKeyBytes, kTagSize, tag.begin());
  int bytes = 0;
  CHECK(EVP_CipherUpdate(cipher.get(), clear.data(), &bytes, sealed, kKeyBytes) == 1);
  CHECK(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_TAG, kTagSize, tag.data()) == 1);
  std::uint8_t nothing = 0;
  const bool authentic = EVP_CipherFinal_ex(cipher.get(), &nothing, &bytes) == 1;
  RecordingKey key(clear);
  wipe(clear);
  if (authentic) return key;
  return std::unexpected(VaultFailure{
      VaultError::kMismatch, fmt::format("not wrapped by the {}, or damaged", describe())});
}

std::string FileVault::describe() const { return fmt::format("vault key {}", file_.string()); }

}  // namespace opptak::storage
