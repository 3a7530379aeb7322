#include "storage/scan/seal_abandoned.h"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "storage/base/file.h"
#include "storage/scan/segment_walk.h"

namespace opptak::storage {

namespace {

struct Contents {
  std::uint64_t end_bytes = kSectorBytes;
  std::uint64_t blocks = 0;
};

std::expected<Contents, int> contents_of(SegmentWalk& walk) {
  Contents contents;
  for (;;) {
    const auto block = walk.next(contents.end_bytes);
    if (!block) return std::unexpected(block.error());
    if (!*block) return contents;
    contents.end_bytes = (*block)->offset_bytes + (*block)->header.block_bytes;
    ++contents.blocks;
  }
}

int write_footer(const SegmentFile& file, const SegmentFooter& footer) {
  const UniqueFd opened(::open(file.path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!opened.valid()) return errno;
  std::array<std::uint8_t, kSectorBytes> sector;
  encode_segment_footer(footer, sector);
  // Cut first: what lies behind the last block must not look like the end of a sealed segment.
  if (::ftruncate(opened.get(), static_cast<off_t>(footer.used_bytes)) != 0) return errno;
  if (const int error = write_all(opened.get(), sector, footer.used_bytes); error != 0) {
    return error;
  }
  return ::fsync(opened.get()) == 0 ? 0 : errno;
}

int seal(const StoreInfo& store, const SegmentFile& file, UnixNs now, AbandonedReport& report) {
  auto walk = SegmentWalk::open(file.path);
  if (!walk) return walk.error();
  if (walk->footer()) return 0;
  const auto contents = contents_of(*walk);
  if (!contents) return contents.error();
  if (contents->blocks == 0) {
    ++report.removed;
    report.bytes_freed += walk->size_bytes();
    return ::unlink(file.path.c_str()) == 0 ? 0 : errno;
  }
  report.bytes_freed += walk->size_bytes() - contents->end_bytes;
  ++report.sealed;
  return write_footer(file, {store.id, file.id, contents->end_bytes, contents->blocks, now});
}

}  // namespace

std::expected<AbandonedReport, ScanFailure> seal_abandoned(const StoreInfo& store,
                                                           std::uint32_t epoch, UnixNs now) {
  AbandonedReport report;
  const auto files = list_segments(store.directory);
  if (!files) {
    return std::unexpected(
        ScanFailure{ScanError::kNoSegments,
                    fmt::format("cannot list {}: {}", segments_directory(store.directory).string(),
                                errno_text(files.error()))});
  }
  for (const SegmentFile& file : *files) {
    if (epoch_of(file.id) >= epoch) continue;
    const int error = seal(store, file, now, report);
    if (error != 0 && error != ENOENT) {
      return std::unexpected(
          ScanFailure{ScanError::kSystem,
                      fmt::format("cannot seal {}: {}", file.path.string(), errno_text(error))});
    }
  }
  if (const int error = sync_directory(segments_directory(store.directory)); error != 0) {
    return std::unexpected(
        ScanFailure{ScanError::kSystem,
                    fmt::format("cannot sync {}: {}", segments_directory(store.directory).string(),
                                errno_text(error))});
  }
  return report;
}

}  // namespace opptak::storage
