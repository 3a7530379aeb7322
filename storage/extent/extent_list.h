// The extent list of a recording: where each of its blocks lies. docs/formats/extent.md is the
// contract. A list is one or more blocks of kind kExtents, sealed under the recording's key; each
// names the part before it, and the last one, the root, is what the catalogue points at. Pure.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <vector>

#include "storage/base/ids.h"
#include "storage/block/format.h"

namespace opptak::storage {

// Where one block lies.
struct BlockLocation {
  std::uint64_t segment = 0;  // 0: nowhere.
  std::uint64_t offset_bytes = 0;
  std::uint32_t bytes = 0;

  auto operator<=>(const BlockLocation&) const = default;
};

// One block of packets, as the list names it.
struct Extent {
  BlockLocation location;
  std::uint32_t packets = 0;
  std::uint64_t serial = 0;
  std::uint64_t first_arrival_us = 0;

  auto operator<=>(const Extent&) const = default;
};

// What one part of a list says beside its extents.
struct ExtentPart {
  CallId call;
  RecordingId recording;
  std::uint64_t serial = 0;           // Of this list block; unique in the store.
  BlockLocation previous;             // Part before it; segment 0 in part 0.
  std::uint32_t part = 0;             // Counts from 0.
  bool root = false;                  // The last part: the totals below are final.
  std::uint64_t blocks = 0;           // In parts 0 to this one.
  std::uint64_t packets = 0;          // In those blocks.
  std::uint64_t dropped_packets = 0;  // Lost at the writer or the disk, as far as known.
  std::uint64_t first_arrival_us = 0;
  std::uint64_t last_arrival_us = 0;
};

enum class ExtentError : std::uint8_t {
  kTruncated,  // Shorter than its own counts say.
  kMalformed,  // Fields that no writer writes: unaligned extents, counts that do not add up.
};

inline constexpr std::uint32_t kExtentBytes = 40;
inline constexpr std::uint32_t kExtentPartBytes = 56;

// Extents that fit into a list block of this size.
[[nodiscard]] constexpr std::uint32_t extents_max(std::uint32_t block_bytes) noexcept {
  return (block_bytes - static_cast<std::uint32_t>(kBlockHeaderBytes + kBlockHeadBytes) -
          kExtentPartBytes) /
         kExtentBytes;
}
// Smallest block that holds so many extents: a multiple of kSectorBytes.
[[nodiscard]] constexpr std::uint32_t extent_block_bytes(std::uint32_t extents) noexcept {
  const std::uint32_t bytes = static_cast<std::uint32_t>(kBlockHeaderBytes + kBlockHeadBytes) +
                              kExtentPartBytes + extents * kExtentBytes;
  return (bytes + kSectorBytes - 1) / kSectorBytes * kSectorBytes;
}

// Writes the plaintext of a list block (BlockHead, part, extents) and returns its used bytes.
// `out` has kBlockHeadBytes + kExtentPartBytes + extents.size() * kExtentBytes bytes of room.
std::size_t encode_extent_part(const ExtentPart& part, std::span<const Extent> extents,
                               std::uint8_t* out) noexcept;

struct DecodedExtentPart {
  ExtentPart part;
  std::vector<Extent> extents;
};

// Reads it back. `plaintext` is what Sealer::open() gave; every field is checked.
[[nodiscard]] std::expected<DecodedExtentPart, ExtentError> decode_extent_part(
    std::span<const std::uint8_t> plaintext);

}  // namespace opptak::storage
