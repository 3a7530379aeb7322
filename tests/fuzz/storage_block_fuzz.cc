// A block as it may lie on a damaged or hostile disk: clear header, then ciphertext. Both sealers
// must refuse or accept it alike, and stay within their memory.
#include <array>
#include <cstring>
#include <memory>
#include <vector>

#include "storage/base/check.h"
#include "storage/block/sealer.h"
#include "storage/segment/layout.h"

using namespace opptak;
using namespace opptak::storage;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::array<std::uint8_t, kKeyBytes> raw{1, 2, 3};
  static const std::unique_ptr<Sealer> fast = make_sealer();
  static const std::unique_ptr<Sealer> plain = make_openssl_sealer();
  static SealKey fast_key;
  static SealKey plain_key;
  fast->prepare(fast_key, raw);
  plain->prepare(plain_key, raw);
  if (size < kBlockHeaderBytes) return 0;
  BlockHeader header;
  std::memcpy(&header, data, sizeof header);
  const bool plausible = plausible_block_header(header, size);
  CHECK(!plausible || header.block_bytes <= size);
  const std::size_t bytes = plausible ? header.block_bytes : size;
  const std::span<const std::uint8_t> sealed(data + kBlockHeaderBytes, bytes - kBlockHeaderBytes);
  std::vector<std::uint8_t> first(sealed.size());
  std::vector<std::uint8_t> second(sealed.size());
  CHECK(fast->open(fast_key, header, sealed, first.data()) ==
        plain->open(plain_key, header, sealed, second.data()));
  CHECK(first == second);
  return 0;
}
