#include "storage/extent/extent_list.h"

#include <cstring>
#include <limits>

#include "storage/base/bytes.h"

namespace opptak::storage {

namespace {

constexpr std::uint32_t kFlagRoot = 1;

static_assert(kExtentBytes == 8 + 8 + 4 + 4 + 8 + 8);

void store_location(std::uint8_t* at, const BlockLocation& location) noexcept {
  store_le<std::uint64_t>(at, location.segment);
  store_le<std::uint64_t>(at + 8, location.offset_bytes);
  store_le<std::uint32_t>(at + 16, location.bytes);
}

BlockLocation load_location(const std::uint8_t* at) noexcept {
  return {load_le<std::uint64_t>(at), load_le<std::uint64_t>(at + 8),
          load_le<std::uint32_t>(at + 16)};
}

bool valid_location(const BlockLocation& location) noexcept {
  return location.segment != 0 && location.offset_bytes >= kSectorBytes &&
         location.offset_bytes % kSectorBytes == 0 && location.bytes >= kSectorBytes &&
         location.bytes % kSectorBytes == 0 &&
         location.offset_bytes <=
             static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) - location.bytes;
}

Extent load_extent(const std::uint8_t* at) noexcept {
  return {load_location(at), load_le<std::uint32_t>(at + 20), load_le<std::uint64_t>(at + 24),
          load_le<std::uint64_t>(at + 32)};
}

}  // namespace

std::size_t encode_extent_part(const ExtentPart& part, std::span<const Extent> extents,
                               std::uint8_t* out) noexcept {
  BlockHead head{};
  head.call = part.call.bytes;
  head.recording = part.recording.bytes;
  head.serial = part.serial;
  head.first_arrival_us = part.first_arrival_us;
  head.last_arrival_us = part.last_arrival_us;
  head.packets = static_cast<std::uint32_t>(extents.size());
  head.used_bytes = static_cast<std::uint32_t>(kBlockHeadBytes + kExtentPartBytes +
                                               extents.size() * kExtentBytes);
  std::memcpy(out, &head, sizeof head);
  std::uint8_t* at = out + kBlockHeadBytes;
  store_le<std::uint32_t>(at, part.part);
  store_le<std::uint32_t>(at + 4, part.root ? kFlagRoot : 0);
  store_location(at + 8, part.previous);
  store_le<std::uint32_t>(at + 28, 0);
  store_le<std::uint64_t>(at + 32, part.blocks);
  store_le<std::uint64_t>(at + 40, part.packets);
  store_le<std::uint64_t>(at + 48, part.dropped_packets);
  at += kExtentPartBytes;
  for (const Extent& extent : extents) {
    store_location(at, extent.location);
    store_le<std::uint32_t>(at + 20, extent.packets);
    store_le<std::uint64_t>(at + 24, extent.serial);
    store_le<std::uint64_t>(at + 32, extent.first_arrival_us);
    at += kExtentBytes;
  }
  return head.used_bytes;
}

std::expected<DecodedExtentPart, ExtentError> decode_extent_part(
    std::span<const std::uint8_t> plaintext) {
  constexpr std::size_t kFixedBytes = kBlockHeadBytes + kExtentPartBytes;
  if (plaintext.size() < kFixedBytes) return std::unexpected(ExtentError::kTruncated);
  BlockHead head;
  std::memcpy(&head, plaintext.data(), sizeof head);
  const std::uint64_t used_bytes = kFixedBytes + std::uint64_t{head.packets} * kExtentBytes;
  if (head.used_bytes != used_bytes) return std::unexpected(ExtentError::kMalformed);
  if (plaintext.size() < used_bytes) return std::unexpected(ExtentError::kTruncated);

  const std::uint8_t* at = plaintext.data() + kBlockHeadBytes;
  DecodedExtentPart decoded;
  ExtentPart& part = decoded.part;
  part.call = {head.call};
  part.recording = {head.recording};
  part.serial = head.serial;
  part.first_arrival_us = head.first_arrival_us;
  part.last_arrival_us = head.last_arrival_us;
  part.part = load_le<std::uint32_t>(at);
  const auto flags = load_le<std::uint32_t>(at + 4);
  part.root = flags == kFlagRoot;
  part.previous = load_location(at + 8);
  part.blocks = load_le<std::uint64_t>(at + 32);
  part.packets = load_le<std::uint64_t>(at + 40);
  part.dropped_packets = load_le<std::uint64_t>(at + 48);
  const bool chained =
      part.part == 0 ? part.previous == BlockLocation{} : valid_location(part.previous);
  if (flags > kFlagRoot || load_le<std::uint32_t>(at + 28) != 0 || !chained ||
      part.blocks < head.packets || (part.part == 0 && part.blocks != head.packets)) {
    return std::unexpected(ExtentError::kMalformed);
  }
  at += kExtentPartBytes;
  decoded.extents.reserve(head.packets);
  for (std::uint32_t i = 0; i < head.packets; ++i, at += kExtentBytes) {
    decoded.extents.push_back(load_extent(at));
    if (!valid_location(decoded.extents.back().location)) {
      return std::unexpected(ExtentError::kMalformed);
    }
  }
  return decoded;
}

}  // namespace opptak::storage
