// Inside storage: segment files opened for reading, kept open while they are in use. One thread.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <map>

#include "storage/base/file.h"
#include "storage/segment/layout.h"

namespace opptak::storage {

struct OpenedSegment {
  int descriptor = -1;  // Borrowed: valid until two other segments have been opened.
  std::uint64_t size_bytes = 0;
};

class SegmentFiles {
 public:
  explicit SegmentFiles(const std::filesystem::path& store);

  // Errno on failure; ENOENT where the segment is gone.
  [[nodiscard]] std::expected<OpenedSegment, int> open(SegmentId id);
  [[nodiscard]] std::filesystem::path path_of(SegmentId id) const;

 private:
  struct Entry {
    UniqueFd file;
    std::uint64_t used = 0;
  };
  std::filesystem::path directory_;
  std::map<SegmentId, Entry> files_;
  std::uint64_t clock_ = 0;
};

}  // namespace opptak::storage
