#include <algorithm>
#include <cstring>

#include <openssl/evp.h>

#include "storage/base/check.h"
#include "storage/block/sealer_impl.h"

namespace opptak::storage {

namespace {

struct CipherDeleter {
  void operator()(EVP_CIPHER* cipher) const noexcept { EVP_CIPHER_free(cipher); }
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};

// Keeps the raw key in SealKey and expands it for each block.
class OpensslSealer final : public Sealer {
 public:
  OpensslSealer()
      : cipher_(EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr)), context_(EVP_CIPHER_CTX_new()) {
    CHECK(cipher_ && context_);
  }

  std::string_view name() const noexcept override { return "OpenSSL"; }

  void prepare(SealKey& key, std::span<const std::uint8_t, kKeyBytes> raw) noexcept override {
    std::memcpy(key.schedule.data(), raw.data(), raw.size());
  }

  void seal(const SealKey& key, BlockHeader& header, std::span<const std::uint8_t> plaintext,
            std::uint8_t* out) noexcept override {
    CHECK(whole_block(header));
    const std::size_t room_bytes = header.block_bytes - kBlockHeaderBytes;
    CHECK(plaintext.size() <= room_bytes);
    CHECK(EVP_EncryptInit_ex2(context_.get(), cipher_.get(), key.schedule.data(),
                              bytes_of(header) + kNonceOffsetBytes, nullptr) == 1);
    associate(header);
    update(out, plaintext);
    for (std::size_t done = plaintext.size(); done < room_bytes;) {
      const std::size_t bytes = std::min(room_bytes - done, kZerosBytes);
      update(out + done, std::span(kZeros).first(bytes));
      done += bytes;
    }
    int tail = 0;
    std::array<std::uint8_t, kGcmTagBytes> tag;
    CHECK(EVP_EncryptFinal_ex(context_.get(), nullptr, &tail) == 1 && tail == 0);
    CHECK(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, kGcmTagBytes, tag.data()) ==
          1);
    std::memcpy(header.gcm_tag.data(), tag.data(), tag.size());
    forget_key();
  }

  bool open(const SealKey& key, const BlockHeader& header, std::span<const std::uint8_t> ciphertext,
            std::uint8_t* out) noexcept override {
    if (!whole_block(header) || ciphertext.size() != header.block_bytes - kBlockHeaderBytes) {
      return false;
    }
    CHECK(EVP_DecryptInit_ex2(context_.get(), cipher_.get(), key.schedule.data(),
                              bytes_of(header) + kNonceOffsetBytes, nullptr) == 1);
    associate(header);
    update(out, ciphertext);
    std::array<std::uint8_t, kGcmTagBytes> tag;
    std::memcpy(tag.data(), header.gcm_tag.data(), tag.size());
    CHECK(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG, kGcmTagBytes, tag.data()) ==
          1);
    int tail = 0;
    const bool good = EVP_DecryptFinal_ex(context_.get(), nullptr, &tail) == 1;
    forget_key();
    if (!good) std::memset(out, 0, ciphertext.size());
    return good;
  }

 private:
  void associate(const BlockHeader& header) noexcept {
    int bytes = 0;
    CHECK(EVP_CipherUpdate(context_.get(), nullptr, &bytes, bytes_of(header), kAssociatedBytes) ==
          1);
  }

  void update(std::uint8_t* out, std::span<const std::uint8_t> from) noexcept {
    if (from.empty()) return;
    int bytes = 0;
    CHECK(EVP_CipherUpdate(context_.get(), out, &bytes, from.data(),
                           static_cast<int>(from.size())) == 1);
  }

  // The context outlives the recording: write another key over its schedule.
  void forget_key() noexcept {
    CHECK(EVP_EncryptInit_ex2(context_.get(), cipher_.get(), kZeros.data(), nullptr, nullptr) == 1);
  }

  std::unique_ptr<EVP_CIPHER, CipherDeleter> cipher_;
  std::unique_ptr<EVP_CIPHER_CTX, CipherDeleter> context_;
};

}  // namespace

std::unique_ptr<Sealer> make_openssl_sealer() { return std::make_unique<OpensslSealer>(); }

}  // namespace opptak::storage
