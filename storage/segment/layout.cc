#include "storage/segment/layout.h"

#include <cstring>

#include <openssl/evp.h>

#include "storage/base/bytes.h"
#include "storage/base/check.h"

namespace opptak::storage {

namespace {

constexpr std::size_t kCheckOffsetBytes = kSectorBytes - 32;
constexpr char kHeaderMagic[] = "OPKSEGM1";
constexpr char kFooterMagic[] = "OPKSEGE1";
constexpr std::size_t kMagicBytes = 8;
// Larger than any block a writer makes; a header that says more is foreign bytes.
constexpr std::uint32_t kBlockBytesMax = 16U << 20;

using Check = std::array<std::uint8_t, 32>;

Check check_of(const std::uint8_t* sector) noexcept {
  Check check;
  unsigned bytes = 0;
  CHECK(EVP_Digest(sector, kCheckOffsetBytes, check.data(), &bytes, EVP_sha256(), nullptr) == 1);
  return check;
}

void start_sector(std::span<std::uint8_t, kSectorBytes> sector, const char* magic) noexcept {
  std::memset(sector.data(), 0, sector.size());
  std::memcpy(sector.data(), magic, kMagicBytes);
  store_le<std::uint32_t>(sector.data() + 8, kSegmentVersion);
}

void finish_sector(std::span<std::uint8_t, kSectorBytes> sector) noexcept {
  const Check check = check_of(sector.data());
  std::memcpy(sector.data() + kCheckOffsetBytes, check.data(), check.size());
}

std::optional<SegmentHeaderError> check_sector(std::span<const std::uint8_t> sector,
                                               const char* magic) noexcept {
  if (sector.size() < kSectorBytes) return SegmentHeaderError::kTruncated;
  if (std::memcmp(sector.data(), magic, kMagicBytes) != 0) return SegmentHeaderError::kNotASegment;
  if (load_le<std::uint32_t>(sector.data() + 8) != kSegmentVersion) {
    return SegmentHeaderError::kOtherVersion;
  }
  const Check check = check_of(sector.data());
  if (std::memcmp(sector.data() + kCheckOffsetBytes, check.data(), check.size()) != 0) {
    return SegmentHeaderError::kDamaged;
  }
  return std::nullopt;
}

UnixNs load_time(const std::uint8_t* from) noexcept {
  return {static_cast<std::int64_t>(load_le<std::uint64_t>(from))};
}

void store_time(std::uint8_t* to, UnixNs time) noexcept {
  store_le<std::uint64_t>(to, static_cast<std::uint64_t>(time.value));
}

}  // namespace

std::string segment_file_name(SegmentId id) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string name(16, '0');
  for (std::size_t i = 0; i < 16; ++i) name[15 - i] = kDigits[(id >> (4 * i)) & 15];
  return name + ".seg";
}

std::optional<SegmentId> parse_segment_file_name(std::string_view name) noexcept {
  if (name.size() != 20 || name.substr(16) != ".seg") return std::nullopt;
  SegmentId id = 0;
  for (const char c : name.substr(0, 16)) {
    unsigned digit;
    if (c >= '0' && c <= '9') {
      digit = static_cast<unsigned>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<unsigned>(c - 'a' + 10);
    } else {
      return std::nullopt;
    }
    id = id << 4 | digit;
  }
  if (id == 0) return std::nullopt;
  return id;
}

std::filesystem::path segments_directory(const std::filesystem::path& store) {
  return store / "segments";
}

void encode_segment_header(const SegmentHeader& header,
                           std::span<std::uint8_t, kSectorBytes> sector) noexcept {
  start_sector(sector, kHeaderMagic);
  std::uint8_t* at = sector.data();
  store_le<std::uint32_t>(at + 12, header.writer);
  std::memcpy(at + 16, header.store.data(), header.store.size());
  store_le<std::uint64_t>(at + 32, header.id);
  store_le<std::uint32_t>(at + 40, header.epoch);
  store_le<std::uint32_t>(at + 44, header.expiry_day);
  store_time(at + 48, header.created_at);
  finish_sector(sector);
}

std::expected<SegmentHeader, SegmentHeaderError> decode_segment_header(
    std::span<const std::uint8_t> sector) noexcept {
  if (const auto error = check_sector(sector, kHeaderMagic)) return std::unexpected(*error);
  const std::uint8_t* at = sector.data();
  SegmentHeader header;
  header.writer = load_le<std::uint32_t>(at + 12);
  std::memcpy(header.store.data(), at + 16, header.store.size());
  header.id = load_le<std::uint64_t>(at + 32);
  header.epoch = load_le<std::uint32_t>(at + 40);
  header.expiry_day = load_le<std::uint32_t>(at + 44);
  header.created_at = load_time(at + 48);
  return header;
}

void encode_segment_footer(const SegmentFooter& footer,
                           std::span<std::uint8_t, kSectorBytes> sector) noexcept {
  start_sector(sector, kFooterMagic);
  std::uint8_t* at = sector.data();
  std::memcpy(at + 16, footer.store.data(), footer.store.size());
  store_le<std::uint64_t>(at + 32, footer.id);
  store_le<std::uint64_t>(at + 40, footer.used_bytes);
  store_le<std::uint64_t>(at + 48, footer.blocks);
  store_time(at + 56, footer.sealed_at);
  finish_sector(sector);
}

std::expected<SegmentFooter, SegmentHeaderError> decode_segment_footer(
    std::span<const std::uint8_t> sector) noexcept {
  if (const auto error = check_sector(sector, kFooterMagic)) return std::unexpected(*error);
  const std::uint8_t* at = sector.data();
  SegmentFooter footer;
  std::memcpy(footer.store.data(), at + 16, footer.store.size());
  footer.id = load_le<std::uint64_t>(at + 32);
  footer.used_bytes = load_le<std::uint64_t>(at + 40);
  footer.blocks = load_le<std::uint64_t>(at + 48);
  footer.sealed_at = load_time(at + 56);
  return footer;
}

bool plausible_block_header(const BlockHeader& header, std::uint64_t room_bytes) noexcept {
  return header.magic == kBlockMagic && header.version == kBlockVersion &&
         (header.kind == BlockKind::kPackets || header.kind == BlockKind::kExtents) &&
         header.reserved == 0 && header.block_bytes >= kSectorBytes &&
         header.block_bytes % kSectorBytes == 0 && header.block_bytes <= kBlockBytesMax &&
         header.block_bytes <= room_bytes && header.reserved2[0] == 0 && header.reserved2[1] == 0;
}

}  // namespace opptak::storage
