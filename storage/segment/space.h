// Gives the space of erased blocks back: punches ranges out of segments and removes whole segments,
// through io_uring. Idempotent, so that an erasure can be carried out again after a crash: a
// segment that is not there, or a range past its end, is done already. One owning thread.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <span>

#include "storage/base/failure.h"
#include "storage/extent/extent_list.h"
#include "storage/segment/layout.h"

namespace opptak::storage {

enum class SpaceError : std::uint8_t {
  kBadRange,  // Not whole sectors, or the segment's header sector: nothing was freed.
  kRing,      // io_uring is not to be had.
  kSystem,    // The file system refused; ranges after it were still tried.
};
using SpaceFailure = Failure<SpaceError>;

class SegmentSpace {
 public:
  [[nodiscard]] static std::expected<SegmentSpace, SpaceFailure> open(
      const std::filesystem::path& store);
  ~SegmentSpace();
  SegmentSpace(SegmentSpace&&) noexcept;
  SegmentSpace& operator=(SegmentSpace&&) noexcept;

  // Frees blocks. Safe while a dataplane appends to the same segments.
  [[nodiscard]] std::expected<void, SpaceFailure> free(std::span<const BlockLocation> blocks);

  // Unlinks whole segments.
  [[nodiscard]] std::expected<void, SpaceFailure> remove(std::span<const SegmentId> segments);

 private:
  struct Impl;
  explicit SegmentSpace(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace opptak::storage
