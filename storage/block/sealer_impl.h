// Inside storage/block only: the two sealers and what they share.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "storage/block/sealer.h"

namespace opptak::storage {

// Null where the CPU has no AES-NI.
[[nodiscard]] std::unique_ptr<Sealer> make_ipsec_mb_sealer();

inline constexpr std::size_t kGcmTagBytes = 16;
inline constexpr std::size_t kZerosBytes = 4096;
// What follows the plaintext in a block that is not full.
inline constexpr std::array<std::uint8_t, kZerosBytes> kZeros{};

[[nodiscard]] inline const std::uint8_t* bytes_of(const BlockHeader& header) noexcept {
  return reinterpret_cast<const std::uint8_t*>(&header);
}

[[nodiscard]] inline bool whole_block(const BlockHeader& header) noexcept {
  return header.block_bytes >= kSectorBytes && header.block_bytes % kSectorBytes == 0;
}

}  // namespace opptak::storage
