// Hashes of table keys: two CRC-32C lanes over the key's words (SSE 4.2), spread by a multiply.
// Not keyed: who can choose addresses on the mirrored network can lengthen probes, but not past
// the table's bound.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <nmmintrin.h>

namespace opptak::dataplane {

// `bytes` is a multiple of 8.
template <std::size_t bytes>
[[nodiscard]] inline std::uint64_t hash_words(const void* key) noexcept {
  static_assert(bytes % 8 == 0);
  std::uint64_t low = 0x9e3779b9;
  std::uint64_t high = 0x85ebca6b;
  for (std::size_t i = 0; i < bytes; i += 8) {
    std::uint64_t word;
    std::memcpy(&word, static_cast<const std::uint8_t*>(key) + i, 8);
    low = _mm_crc32_u64(low, word);
    high = _mm_crc32_u64(high, word * 0xc2b2ae3d27d4eb4f);
  }
  return (high << 32 | low) * 0x9e3779b97f4a7c15 ^ low;
}

}  // namespace opptak::dataplane
