#include "storage/block/sealer.h"

#include <openssl/crypto.h>

#include "storage/block/sealer_impl.h"

namespace opptak::storage {

SealKey::~SealKey() { wipe(); }

void SealKey::wipe() noexcept { OPENSSL_cleanse(schedule.data(), schedule.size()); }

std::unique_ptr<Sealer> make_sealer() {
  auto fast = make_ipsec_mb_sealer();
  return fast ? std::move(fast) : make_openssl_sealer();
}

}  // namespace opptak::storage
