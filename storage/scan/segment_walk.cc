#include "storage/scan/segment_walk.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace opptak::storage {

namespace {

constexpr std::uint64_t kChunkBytes = 1U << 20;

bool is_zero(std::span<const std::uint8_t> bytes) noexcept {
  return bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

}  // namespace

std::expected<std::vector<SegmentFile>, int> list_segments(const std::filesystem::path& store) {
  std::vector<SegmentFile> files;
  std::error_code error;
  for (std::filesystem::directory_iterator it(segments_directory(store), error), end;
       !error && it != end; it.increment(error)) {
    if (const auto id = parse_segment_file_name(it->path().filename().string())) {
      files.push_back({*id, it->path()});
    }
  }
  if (error) return std::unexpected(error.value());
  std::sort(files.begin(), files.end(),
            [](const SegmentFile& a, const SegmentFile& b) { return a.id < b.id; });
  return files;
}

std::expected<SegmentWalk, int> SegmentWalk::open(const std::filesystem::path& path) {
  UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return std::unexpected(errno);
  SegmentWalk walk(std::move(file));
  if (const int error = walk.read_ends(); error != 0) return std::unexpected(error);
  return walk;
}

int SegmentWalk::read_ends() {
  struct stat status{};
  if (::fstat(file_.get(), &status) != 0) return errno;
  size_ = static_cast<std::uint64_t>(status.st_size) / kSectorBytes * kSectorBytes;
  if (size_ < kSectorBytes) return 0;
  std::array<std::uint8_t, kSectorBytes> sector;
  if (const int error = read_all(file_.get(), sector, 0); error != 0) return error;
  header_ = decode_segment_header(sector);
  if (size_ < 2 * kSectorBytes) return 0;
  if (const int error = read_all(file_.get(), sector, size_ - kSectorBytes); error != 0) {
    return error;
  }
  const auto footer = decode_segment_footer(sector);
  if (footer && footer->used_bytes == size_ - kSectorBytes) footer_ = *footer;
  return 0;
}

std::expected<std::span<const std::uint8_t>, int> SegmentWalk::bytes(std::uint64_t offset_bytes,
                                                                     std::uint64_t count) {
  if (count > size_ || offset_bytes > size_ - count) return std::unexpected(EIO);
  if (offset_bytes < start_ || offset_bytes + count > start_ + buffer_.size()) {
    start_ = offset_bytes;
    buffer_.resize(std::min(std::max(count, kChunkBytes), size_ - offset_bytes));
    if (const int error = read_all(file_.get(), buffer_, start_); error != 0) {
      buffer_.clear();
      return std::unexpected(error);
    }
    bytes_read_ += buffer_.size();
  }
  return std::span<const std::uint8_t>(buffer_).subspan(offset_bytes - start_, count);
}

std::expected<std::optional<WalkedBlock>, int> SegmentWalk::next(std::uint64_t offset_bytes) {
  std::uint64_t at = std::max<std::uint64_t>(offset_bytes, kSectorBytes);
  while (at + kSectorBytes <= end_bytes()) {
    if (at >= data_end_) {
      const off_t data = ::lseek(file_.get(), static_cast<off_t>(at), SEEK_DATA);
      if (data < 0 && errno == ENXIO) return std::nullopt;  // Nothing but a hole.
      if (data < 0) return std::unexpected(errno);
      at = static_cast<std::uint64_t>(data) / kSectorBytes * kSectorBytes;
      const off_t hole = ::lseek(file_.get(), data, SEEK_HOLE);
      data_end_ = hole < 0 ? size_ : static_cast<std::uint64_t>(hole);
      continue;
    }
    const auto sector = bytes(at, kSectorBytes);
    if (!sector) return std::unexpected(sector.error());
    WalkedBlock block{at, {}};
    std::memcpy(&block.header, sector->data(), sizeof block.header);
    if (plausible_block_header(block.header, end_bytes() - at)) return block;
    if (!is_zero(*sector)) {
      if (foreign_sectors_++ == 0) first_foreign_ = at;
    }
    at += kSectorBytes;
  }
  return std::nullopt;
}

}  // namespace opptak::storage
