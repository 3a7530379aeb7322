// Frees space through io_uring: punches ranges out of files, unlinks files. Batched: as many
// operations in flight as the ring holds. Blocks until all are done. One owning thread.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "storage/uring/ring.h"

namespace opptak::storage {

struct FileRange {
  std::uint64_t offset_bytes;
  std::uint64_t bytes;
};

// Collects ranges of any number of open files, then punches them in one go. Neighbouring ranges
// of one file that touch are punched as one.
class PunchQueue {
 public:
  explicit PunchQueue(Ring& ring) noexcept : ring_(ring) {}

  // `descriptor` must stay open until run() has returned.
  void add(int descriptor, FileRange range);

  // Punches everything added; all are tried. The first failure is returned, with its errno in
  // words. The queue is empty afterwards.
  [[nodiscard]] std::expected<void, RingFailure> run();

 private:
  struct Item {
    int descriptor;
    FileRange range;
  };
  Ring& ring_;
  std::vector<Item> items_;
};

// Punches the ranges out of one file.
[[nodiscard]] std::expected<void, RingFailure> free_ranges(Ring& ring, int descriptor,
                                                           std::span<const FileRange> ranges);

// Unlinks names below the open directory. A name that is not there is done already.
[[nodiscard]] std::expected<void, RingFailure> unlink_files(Ring& ring, int directory,
                                                            std::span<const std::string> names);

}  // namespace opptak::storage
