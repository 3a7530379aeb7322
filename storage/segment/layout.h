// Byte layout of a segment file: docs/formats/segment.md is the contract. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "storage/base/time.h"
#include "storage/block/format.h"

namespace opptak::storage {

using SegmentId = std::uint64_t;  // 0: none.
using StoreId = std::array<std::uint8_t, 16>;

inline constexpr std::uint32_t kSegmentVersion = 1;
inline constexpr std::uint32_t kWriterMax = (1U << 12) - 1;
inline constexpr std::uint32_t kSegmentCounterMax = (1U << 28) - 1;

// epoch (24 bits), writer (12), counter (28): unique without asking anyone.
[[nodiscard]] constexpr SegmentId make_segment_id(std::uint32_t epoch, std::uint32_t writer,
                                                  std::uint32_t counter) noexcept {
  return (std::uint64_t{epoch} << 40) | (std::uint64_t{writer} << 28) | counter;
}
[[nodiscard]] constexpr std::uint32_t epoch_of(SegmentId id) noexcept {
  return static_cast<std::uint32_t>(id >> 40);
}

[[nodiscard]] std::string segment_file_name(SegmentId id);  // "0000010000000001.seg"
[[nodiscard]] std::optional<SegmentId> parse_segment_file_name(std::string_view name) noexcept;
[[nodiscard]] std::filesystem::path segments_directory(const std::filesystem::path& store);

enum class SegmentHeaderError : std::uint8_t {
  kTruncated,     // Fewer bytes than a header.
  kNotASegment,   // Magic does not match.
  kOtherVersion,  // Written by another version of Opptak.
  kDamaged,       // Checksum does not match.
};

// First sector of a segment.
struct SegmentHeader {
  StoreId store{};
  SegmentId id = 0;
  std::uint32_t epoch = 0;
  std::uint32_t writer = 0;
  std::uint32_t expiry_day = 0;  // Days since 1970-01-01.
  UnixNs created_at;
};

// Last sector of a sealed segment: nothing will be appended any more.
struct SegmentFooter {
  StoreId store{};
  SegmentId id = 0;
  std::uint64_t used_bytes = 0;  // Header sector and blocks: where the footer lies.
  std::uint64_t blocks = 0;
  UnixNs sealed_at;
};

void encode_segment_header(const SegmentHeader& header,
                           std::span<std::uint8_t, kSectorBytes> sector) noexcept;
[[nodiscard]] std::expected<SegmentHeader, SegmentHeaderError> decode_segment_header(
    std::span<const std::uint8_t> sector) noexcept;
void encode_segment_footer(const SegmentFooter& footer,
                           std::span<std::uint8_t, kSectorBytes> sector) noexcept;
[[nodiscard]] std::expected<SegmentFooter, SegmentHeaderError> decode_segment_footer(
    std::span<const std::uint8_t> sector) noexcept;

// True if the bytes may be the clear header of a block that this version can read and that lies
// within `room_bytes`. Says nothing about authenticity.
[[nodiscard]] bool plausible_block_header(const BlockHeader& header,
                                          std::uint64_t room_bytes) noexcept;

}  // namespace opptak::storage
