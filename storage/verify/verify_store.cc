#include "storage/verify/verify_store.h"

#include <cerrno>

#include <fmt/format.h>

#include "storage/scan/segment_walk.h"

namespace opptak::storage {

namespace {

const char* describe(SegmentHeaderError error) noexcept {
  switch (error) {
    case SegmentHeaderError::kTruncated:
      return "the file is shorter than a header";
    case SegmentHeaderError::kNotASegment:
      return "it has no segment header";
    case SegmentHeaderError::kOtherVersion:
      return "its header is of another version";
    case SegmentHeaderError::kDamaged:
      return "its header is damaged";
  }
  return "";
}

class SegmentCheck {
 public:
  SegmentCheck(const StoreInfo& store, const SegmentFile& file, StoreReport& report)
      : store_(store), file_(file), report_(report) {}

  void run() {
    auto walk = SegmentWalk::open(file_.path);
    if (!walk) {
      if (walk.error() != ENOENT) problem(0, errno_text(walk.error()));
      return;
    }
    ++report_.segments;
    const bool used = check_ends(*walk);
    const std::uint64_t blocks = walk_blocks(*walk);
    if (!used && blocks > 0) problem(0, describe(walk->header().error()));
    if (walk->footer()) check_footer(*walk, blocks);
    if (epoch_of(file_.id) > report_.epoch) {
      problem(0, fmt::format("its epoch {} is later than the store's {}", epoch_of(file_.id),
                             report_.epoch));
    }
  }

 private:
  // False where there is no header: that of a segment that was made ahead is still zero.
  bool check_ends(const SegmentWalk& walk) {
    const auto header = walk.header();
    if (!header) {
      if (header.error() != SegmentHeaderError::kNotASegment) problem(0, describe(header.error()));
      return header.error() != SegmentHeaderError::kNotASegment;
    }
    if (header->id != file_.id) problem(0, "its header names another segment");
    if (header->store != store_.id) problem(0, "it belongs to another store");
    return true;
  }

  std::uint64_t walk_blocks(SegmentWalk& walk) {
    std::uint64_t blocks = 0;
    std::uint64_t end = kSectorBytes;
    for (;;) {
      const auto block = walk.next(end);
      if (!block) {
        problem(end, errno_text(block.error()));
        return blocks;
      }
      if (!*block) break;
      report_.free_bytes += (*block)->offset_bytes - end;
      end = (*block)->offset_bytes + (*block)->header.block_bytes;
      report_.block_bytes += (*block)->header.block_bytes;
      ++blocks;
      ++((*block)->header.kind == BlockKind::kPackets ? report_.blocks : report_.extent_lists);
    }
    // Behind the last block of an open segment a crash may leave anything.
    const bool tail_only = !walk.footer() && walk.first_foreign_bytes() >= end;
    if (walk.foreign_sectors() > 0 && !tail_only) {
      problem(walk.first_foreign_bytes(),
              fmt::format("{} sectors hold neither a block nor zeros", walk.foreign_sectors()));
    }
    return blocks;
  }

  void check_footer(const SegmentWalk& walk, std::uint64_t blocks) {
    ++report_.segments_sealed;
    const SegmentFooter& footer = *walk.footer();
    if (footer.id != file_.id || footer.store != store_.id) {
      problem(footer.used_bytes, "its footer is another segment's");
    }
    if (blocks > footer.blocks) {
      problem(footer.used_bytes,
              fmt::format("it holds {} blocks, its footer says {}", blocks, footer.blocks));
    }
  }

  void problem(std::uint64_t offset_bytes, std::string what) {
    report_.problems.push_back({file_.path.filename().string(), offset_bytes, std::move(what)});
  }

  const StoreInfo& store_;
  const SegmentFile& file_;
  StoreReport& report_;
};

}  // namespace

std::expected<StoreReport, StoreFailure> verify_store(const std::filesystem::path& directory) {
  const auto store = open_store(directory);
  if (!store) return std::unexpected(store.error());
  StoreReport report;
  if (const auto epoch = read_epoch(*store)) {
    report.epoch = *epoch;
  } else {
    report.problems.push_back({"", 0, epoch.error().message});
  }
  const auto files = list_segments(directory);
  if (!files) {
    return std::unexpected(
        StoreFailure{StoreError::kSystem,
                     fmt::format("cannot list {}: {}", segments_directory(directory).string(),
                                 errno_text(files.error()))});
  }
  for (const SegmentFile& file : *files) SegmentCheck(*store, file, report).run();
  return report;
}

}  // namespace opptak::storage
