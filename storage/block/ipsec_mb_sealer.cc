// LINUX gives the library's structs the alignment they were compiled with.
#define LINUX
#include <algorithm>
#include <cstring>

#include <intel-ipsec-mb.h>
#include <openssl/crypto.h>

#include "storage/base/check.h"
#include "storage/block/sealer_impl.h"

namespace opptak::storage {

namespace {

static_assert(sizeof(gcm_key_data) <= sizeof(SealKey::schedule));
static_assert(alignof(gcm_key_data) <= alignof(SealKey));

struct ManagerDeleter {
  void operator()(IMB_MGR* manager) const noexcept { free_mb_mgr(manager); }
};
using Manager = std::unique_ptr<IMB_MGR, ManagerDeleter>;

const gcm_key_data* schedule_of(const SealKey& key) noexcept {
  return reinterpret_cast<const gcm_key_data*>(key.schedule.data());
}

class IpsecMbSealer final : public Sealer {
 public:
  explicit IpsecMbSealer(Manager manager) noexcept : manager_(std::move(manager)) {}

  std::string_view name() const noexcept override { return "intel-ipsec-mb"; }

  void prepare(SealKey& key, std::span<const std::uint8_t, kKeyBytes> raw) noexcept override {
    IMB_AES256_GCM_PRE(manager_.get(), raw.data(),
                       reinterpret_cast<gcm_key_data*>(key.schedule.data()));
  }

  void seal(const SealKey& key, BlockHeader& header, std::span<const std::uint8_t> plaintext,
            std::uint8_t* out) noexcept override {
    CHECK(whole_block(header));
    const std::size_t room_bytes = header.block_bytes - kBlockHeaderBytes;
    CHECK(plaintext.size() <= room_bytes);
    const std::uint8_t* nonce = bytes_of(header) + kNonceOffsetBytes;
    std::array<std::uint8_t, kGcmTagBytes> tag;
    gcm_context_data context;
    if (plaintext.size() == room_bytes) {
      IMB_AES256_GCM_ENC(manager_.get(), schedule_of(key), &context, out, plaintext.data(),
                         room_bytes, nonce, bytes_of(header), kAssociatedBytes, tag.data(),
                         tag.size());
    } else {
      IMB_AES256_GCM_INIT(manager_.get(), schedule_of(key), &context, nonce, bytes_of(header),
                          kAssociatedBytes);
      IMB_AES256_GCM_ENC_UPDATE(manager_.get(), schedule_of(key), &context, out, plaintext.data(),
                                plaintext.size());
      for (std::size_t done = plaintext.size(); done < room_bytes;) {
        const std::size_t bytes = std::min(room_bytes - done, kZerosBytes);
        IMB_AES256_GCM_ENC_UPDATE(manager_.get(), schedule_of(key), &context, out + done,
                                  kZeros.data(), bytes);
        done += bytes;
      }
      IMB_AES256_GCM_ENC_FINALIZE(manager_.get(), schedule_of(key), &context, tag.data(),
                                  tag.size());
    }
    std::memcpy(header.gcm_tag.data(), tag.data(), tag.size());
  }

  bool open(const SealKey& key, const BlockHeader& header, std::span<const std::uint8_t> ciphertext,
            std::uint8_t* out) noexcept override {
    if (!whole_block(header) || ciphertext.size() != header.block_bytes - kBlockHeaderBytes) {
      return false;
    }
    std::array<std::uint8_t, kGcmTagBytes> tag;
    gcm_context_data context;
    IMB_AES256_GCM_DEC(manager_.get(), schedule_of(key), &context, out, ciphertext.data(),
                       ciphertext.size(), bytes_of(header) + kNonceOffsetBytes, bytes_of(header),
                       kAssociatedBytes, tag.data(), tag.size());
    if (CRYPTO_memcmp(tag.data(), header.gcm_tag.data(), tag.size()) == 0) return true;
    std::memset(out, 0, ciphertext.size());
    return false;
  }

 private:
  Manager manager_;
};

}  // namespace

std::unique_ptr<Sealer> make_ipsec_mb_sealer() {
  Manager manager(alloc_mb_mgr(0));
  if (!manager) return nullptr;
  IMB_ARCH arch = IMB_ARCH_NONE;
  init_mb_mgr_auto(manager.get(), &arch);
  if (imb_get_errno(manager.get()) != 0 || arch == IMB_ARCH_NONE || arch == IMB_ARCH_NOAESNI) {
    return nullptr;
  }
  return std::make_unique<IpsecMbSealer>(std::move(manager));
}

}  // namespace opptak::storage
