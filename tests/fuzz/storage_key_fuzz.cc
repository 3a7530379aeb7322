// A key store file of any bytes, as it lies and with the checks of its header and first frame made
// right, so that what lies behind them is reached. It opens or is refused; what opens goes on
// working, also after opening again.
#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include <openssl/evp.h>

#include "storage/base/bytes.h"
#include "storage/base/check.h"
#include "storage/key/key_layout.h"
#include "tests/unit/storage/memory_key_file.h"

using namespace opptak;
using namespace opptak::storage;

namespace {

// Unwraps anything, so that no wrapped key has to be forged.
class OpenVault final : public Vault {
 public:
  std::expected<WrappedKey, VaultFailure> wrap(const RecordingKey& key,
                                               std::span<const std::uint8_t>) override {
    WrappedKey wrapped;
    wrapped.fill(0x11);
    std::copy_n(key.bytes().data(), kKeyBytes, wrapped.begin());
    return wrapped;
  }
  std::expected<RecordingKey, VaultFailure> unwrap(const WrappedKey& wrapped,
                                                   std::span<const std::uint8_t>) override {
    return RecordingKey(std::span(wrapped).first<kKeyBytes>());
  }
  std::string describe() const override { return "open vault"; }
};

void make_checks_right(std::vector<std::uint8_t>& file) {
  if (file.size() < kKeyHeaderBytes) return;
  CHECK(EVP_Digest(file.data(), 128, file.data() + 128, nullptr, EVP_sha256(), nullptr) == 1);
  const auto frame = std::span(file).subspan(kKeyHeaderBytes);
  const auto header = decode_frame_header(frame);
  if (!header || header->checked_bytes() > frame.size()) return;
  std::vector<std::uint8_t> checked(file.begin() + 16, file.begin() + 32);
  checked.insert(checked.end(), frame.begin(), frame.begin() + 32);
  checked.insert(checked.end(), frame.begin() + 64,
                 frame.begin() + static_cast<std::ptrdiff_t>(header->checked_bytes()));
  CHECK(EVP_Digest(checked.data(), checked.size(), frame.data() + 32, nullptr, EVP_sha256(),
                   nullptr) == 1);
}

void try_file(std::vector<std::uint8_t> bytes) {
  OpenVault vault;
  MemoryDisk disk;
  disk.contents() = std::move(bytes);
  auto keys = KeyStore::open_file(disk.open(), vault);
  if (!keys) return;
  RecordingId recording;
  recording.bytes.fill(0xa5);
  if (!keys->create(recording, {"fuzz", BucketClass::kOther, 1})) return;
  CHECK(keys->commit());
  CHECK(keys->find(recording));
  CHECK(keys->destroy(recording) && keys->commit());
  const std::size_t live = keys->live_keys();
  const auto again = KeyStore::open_file(disk.open(), vault);
  CHECK(again && again->live_keys() == live);
  CHECK(again->find(recording).error().code == KeyError::kErased);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::uint8_t> file(data, data + size);
  try_file(file);
  make_checks_right(file);
  try_file(std::move(file));
  return 0;
}
