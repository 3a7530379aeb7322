// Walks the clear block headers of one segment file, skipping what was never written or has been
// punched out. Reads only. One thread.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "storage/base/file.h"
#include "storage/segment/layout.h"

namespace opptak::storage {

struct SegmentFile {
  SegmentId id = 0;
  std::filesystem::path path;
};

// The segment files of a store, by id. Errno on failure; other files are left out.
[[nodiscard]] std::expected<std::vector<SegmentFile>, int> list_segments(
    const std::filesystem::path& store);

struct WalkedBlock {
  std::uint64_t offset_bytes = 0;
  BlockHeader header{};
};

class SegmentWalk {
 public:
  [[nodiscard]] static std::expected<SegmentWalk, int> open(const std::filesystem::path& path);

  [[nodiscard]] std::uint64_t size_bytes() const noexcept { return size_; }
  [[nodiscard]] std::expected<SegmentHeader, SegmentHeaderError> header() const noexcept {
    return header_;
  }
  // Present in a sealed segment only.
  [[nodiscard]] const std::optional<SegmentFooter>& footer() const noexcept { return footer_; }
  // Where blocks end at the latest.
  [[nodiscard]] std::uint64_t end_bytes() const noexcept {
    return footer_ ? size_ - kSectorBytes : size_;
  }

  // First plausible block at or behind `offset_bytes` (a multiple of kSectorBytes); none at the
  // end. Errno on failure.
  [[nodiscard]] std::expected<std::optional<WalkedBlock>, int> next(std::uint64_t offset_bytes);

  // Borrowed until the next call of next() or bytes().
  [[nodiscard]] std::expected<std::span<const std::uint8_t>, int> bytes(std::uint64_t offset_bytes,
                                                                        std::uint64_t count);

  // Sectors that next() passed over although they are neither zero nor a block, and the first.
  [[nodiscard]] std::uint64_t foreign_sectors() const noexcept { return foreign_sectors_; }
  [[nodiscard]] std::uint64_t first_foreign_bytes() const noexcept { return first_foreign_; }
  [[nodiscard]] std::uint64_t bytes_read() const noexcept { return bytes_read_; }

 private:
  explicit SegmentWalk(UniqueFd file) noexcept : file_(std::move(file)) {}
  [[nodiscard]] int read_ends();

  UniqueFd file_;
  std::uint64_t size_ = 0;
  std::expected<SegmentHeader, SegmentHeaderError> header_ =
      std::unexpected(SegmentHeaderError::kTruncated);
  std::optional<SegmentFooter> footer_;
  std::uint64_t data_end_ = 0;  // Bytes up to here are known not to be a hole.
  std::uint64_t start_ = 0;
  std::vector<std::uint8_t> buffer_;
  std::uint64_t bytes_read_ = 0;
  std::uint64_t foreign_sectors_ = 0;
  std::uint64_t first_foreign_ = 0;
};

}  // namespace opptak::storage
