#include "storage/read/segment_files.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>

namespace opptak::storage {

namespace {
constexpr std::size_t kOpenMax = 16;
}

SegmentFiles::SegmentFiles(const std::filesystem::path& store)
    : directory_(segments_directory(store)) {}

std::filesystem::path SegmentFiles::path_of(SegmentId id) const {
  return directory_ / segment_file_name(id);
}

std::expected<OpenedSegment, int> SegmentFiles::open(SegmentId id) {
  auto found = files_.find(id);
  if (found == files_.end()) {
    if (files_.size() >= kOpenMax) {
      files_.erase(std::min_element(files_.begin(), files_.end(), [](const auto& a, const auto& b) {
        return a.second.used < b.second.used;
      }));
    }
    UniqueFd file(::open(path_of(id).c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid()) return std::unexpected(errno);
    found = files_.emplace(id, Entry{std::move(file), 0}).first;
  }
  found->second.used = ++clock_;
  // Asked each time: a segment grows and is cut while it is read.
  struct stat status{};
  if (::fstat(found->second.file.get(), &status) != 0) return std::unexpected(errno);
  return OpenedSegment{found->second.file.get(), static_cast<std::uint64_t>(status.st_size)};
}

}  // namespace opptak::storage
