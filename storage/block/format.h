// Byte layout of a block, the unit of encryption and of index. docs/formats/block.md is the
// contract; these structs are its image in memory (little endian, no padding).
//
// A block on disk: 64 bytes of clear header, then AES-256-GCM ciphertext up to block_bytes. The
// plaintext starts with a BlockHead and goes on with packet records (packet_record.h) or, in an
// extent list, with extents.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "storage/base/endpoint.h"
#include "storage/base/ids.h"

namespace opptak::storage {

inline constexpr std::uint32_t kBlockMagic = 0x314b504f;  // "OPK1"
inline constexpr std::uint8_t kBlockVersion = 1;
inline constexpr std::uint32_t kSectorBytes = 4096;  // Every block is a multiple of it.
inline constexpr std::uint32_t kBlockBytesDefault = 16384;

enum class BlockKind : std::uint8_t {
  kPackets = 1,  // Packet records of one stream.
  kExtents = 2,  // A recording's extent list, or a part of it.
};

// Clear, and authenticated with the ciphertext: bytes [0, kAssociatedBytes) are associated data.
struct BlockHeader {
  std::uint32_t magic;
  std::uint8_t version;
  BlockKind kind;
  std::uint16_t reserved;
  std::uint32_t block_bytes;               // Whole block, multiple of kSectorBytes.
  std::array<std::uint8_t, 16> store_tag;  // Names the recording's blocks, says nothing of it.
  std::uint32_t nonce_epoch;               // Start of the writing process; durable before use.
  std::uint64_t nonce_counter;             // Counts up within recording and epoch.
  std::uint32_t reserved2[2];
  std::array<std::uint8_t, 16> gcm_tag;
} __attribute__((packed));
static_assert(sizeof(BlockHeader) == 64);
inline constexpr std::size_t kBlockHeaderBytes = sizeof(BlockHeader);
inline constexpr std::size_t kAssociatedBytes = offsetof(BlockHeader, gcm_tag);
inline constexpr std::size_t kNonceOffsetBytes = offsetof(BlockHeader, nonce_epoch);
inline constexpr std::size_t kNonceBytes = 12;  // nonce_epoch and nonce_counter as they lie there.

// First bytes of the plaintext. Everything that says whose voice this is lies here, encrypted.
struct BlockHead {
  std::array<std::uint8_t, 16> call;
  std::array<std::uint8_t, 16> recording;
  std::uint64_t serial;            // Unique per store; orders the blocks of a stream.
  std::uint64_t first_arrival_us;  // Unix microseconds of the first record.
  std::uint64_t last_arrival_us;
  std::uint32_t packets;     // Records that follow (extents, in a list).
  std::uint32_t used_bytes;  // BlockHead and records; the rest of the plaintext is zero.
  std::array<std::uint8_t, 16> src_address;
  std::array<std::uint8_t, 16> dst_address;
  std::uint16_t src_port;
  std::uint16_t dst_port;
  std::uint32_t ssrc;
  std::uint8_t speaker;  // 0 caller, 1 callee.
  std::uint8_t reserved[7];
} __attribute__((packed));
static_assert(sizeof(BlockHead) == 112);
inline constexpr std::size_t kBlockHeadBytes = sizeof(BlockHead);

}  // namespace opptak::storage
