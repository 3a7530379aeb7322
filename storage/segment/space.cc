#include "storage/segment/space.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "storage/base/file.h"
#include "storage/uring/free_space.h"

namespace opptak::storage {

namespace {

// Segments open at once while punching: far below any limit of descriptors.
constexpr std::size_t kSegmentsAtOnce = 128;

bool whole_sectors(const BlockLocation& block) noexcept {
  return block.segment != 0 && block.bytes > 0 && block.bytes % kSectorBytes == 0 &&
         block.offset_bytes >= kSectorBytes && block.offset_bytes % kSectorBytes == 0;
}

}  // namespace

struct SegmentSpace::Impl {
  std::filesystem::path path;
  UniqueFd directory;
  Ring ring;

  // Opens the segment for punching; nothing to do where it is gone.
  std::expected<std::optional<UniqueFd>, SpaceFailure> open_segment(SegmentId id) const {
    const std::string name = segment_file_name(id);
    UniqueFd file(::openat(directory.get(), name.c_str(), O_WRONLY | O_CLOEXEC));
    if (file.valid()) return file;
    if (errno == ENOENT) return std::nullopt;
    return std::unexpected(
        SpaceFailure{SpaceError::kSystem,
                     fmt::format("cannot open {}: {}", (path / name).string(), errno_text(errno))});
  }
};

SegmentSpace::SegmentSpace(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
SegmentSpace::~SegmentSpace() = default;
SegmentSpace::SegmentSpace(SegmentSpace&&) noexcept = default;
SegmentSpace& SegmentSpace::operator=(SegmentSpace&&) noexcept = default;

std::expected<SegmentSpace, SpaceFailure> SegmentSpace::open(const std::filesystem::path& store) {
  const auto path = segments_directory(store);
  UniqueFd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid()) {
    return std::unexpected(SpaceFailure{
        SpaceError::kSystem, fmt::format("cannot open {}: {}", path.string(), errno_text(errno))});
  }
  auto ring = Ring::create({.entries = 64, .file_slots = 0});
  if (!ring) return std::unexpected(SpaceFailure{SpaceError::kRing, ring.error().message});
  return SegmentSpace(std::unique_ptr<Impl>(
      new Impl{.path = path, .directory = std::move(directory), .ring = std::move(*ring)}));
}

std::expected<void, SpaceFailure> SegmentSpace::free(std::span<const BlockLocation> blocks) {
  for (const BlockLocation& block : blocks) {
    if (whole_sectors(block)) continue;
    return std::unexpected(SpaceFailure{
        SpaceError::kBadRange,
        fmt::format("{}:{}:{} is not a block's place", segment_file_name(block.segment),
                    block.offset_bytes, block.bytes)});
  }
  std::vector<BlockLocation> sorted(blocks.begin(), blocks.end());
  std::sort(sorted.begin(), sorted.end());
  std::optional<SpaceFailure> first_failure;
  const auto remember = [&](SpaceFailure failure) {
    if (!first_failure) first_failure = std::move(failure);
  };
  std::vector<UniqueFd> files;
  PunchQueue queue(impl_->ring);
  const auto run = [&] {
    if (auto done = queue.run(); !done) {
      remember(
          {SpaceError::kSystem, fmt::format("{}: {}", impl_->path.string(), done.error().message)});
    }
    files.clear();
  };
  for (auto block = sorted.begin(); block != sorted.end();) {
    const SegmentId id = block->segment;
    const auto end = std::find_if(block, sorted.end(),
                                  [&](const BlockLocation& other) { return other.segment != id; });
    auto file = impl_->open_segment(id);
    if (!file) remember(file.error());
    if (file && *file) {
      for (; block != end; ++block) {
        queue.add((*file)->get(), {block->offset_bytes, block->bytes});
      }
      files.push_back(std::move(**file));
      if (files.size() >= kSegmentsAtOnce) run();
    }
    block = end;
  }
  run();
  if (first_failure) return std::unexpected(std::move(*first_failure));
  return {};
}

std::expected<void, SpaceFailure> SegmentSpace::remove(std::span<const SegmentId> segments) {
  std::vector<std::string> names;
  names.reserve(segments.size());
  for (const SegmentId id : segments) names.push_back(segment_file_name(id));
  if (auto done = unlink_files(impl_->ring, impl_->directory.get(), names); !done) {
    return std::unexpected(SpaceFailure{
        SpaceError::kSystem, fmt::format("{}: {}", impl_->path.string(), done.error().message)});
  }
  return {};
}

}  // namespace opptak::storage
