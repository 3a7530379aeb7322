#include "storage/uring/free_space.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace opptak::storage {

namespace {

constexpr std::uint32_t kInFlightMax = 64;

// Queues operation after operation, keeps kInFlightMax of them going, and waits for the rest.
// Returns the first error that `tolerated` is not, as a positive errno; 0 if there was none.
template <class Queue>
int run_all(Ring& ring, std::size_t count, int tolerated, const Queue& queue) {
  int error = 0;
  const auto on_done = [&](const Completion& completion) {
    if (completion.result < 0 && -completion.result != tolerated && error == 0) {
      error = -completion.result;
    }
  };
  for (std::size_t i = 0; i < count;) {
    if (ring.in_flight() < kInFlightMax && queue(i)) {
      ++i;
      continue;
    }
    ring.submit();
    ring.reap(on_done, true);
  }
  while (ring.in_flight() > 0) ring.reap(on_done, true);
  return error;
}

std::expected<void, RingFailure> as_result(int error, const char* what) {
  if (error == 0) return {};
  return std::unexpected(
      RingFailure{RingError::kSystem, fmt::format("{}: {}", what, std::strerror(error))});
}

}  // namespace

void PunchQueue::add(int descriptor, FileRange range) { items_.push_back({descriptor, range}); }

std::expected<void, RingFailure> PunchQueue::run() {
  std::sort(items_.begin(), items_.end(), [](const Item& a, const Item& b) {
    return a.descriptor != b.descriptor ? a.descriptor < b.descriptor
                                        : a.range.offset_bytes < b.range.offset_bytes;
  });
  std::vector<Item> merged;
  for (const Item& item : items_) {
    if (item.range.bytes == 0) continue;
    if (!merged.empty() && merged.back().descriptor == item.descriptor) {
      FileRange& last = merged.back().range;
      const std::uint64_t last_end = last.offset_bytes + last.bytes;
      if (item.range.offset_bytes <= last_end) {
        last.bytes =
            std::max(last_end, item.range.offset_bytes + item.range.bytes) - last.offset_bytes;
        continue;
      }
    }
    merged.push_back(item);
  }
  items_.clear();
  const int error = run_all(ring_, merged.size(), 0, [&](std::size_t i) {
    const Item& item = merged[i];
    return ring_.punch({item.descriptor, false}, item.range.offset_bytes, item.range.bytes, i);
  });
  return as_result(error, "space cannot be freed");
}

std::expected<void, RingFailure> free_ranges(Ring& ring, int descriptor,
                                             std::span<const FileRange> ranges) {
  PunchQueue queue(ring);
  for (const FileRange& range : ranges) queue.add(descriptor, range);
  return queue.run();
}

std::expected<void, RingFailure> unlink_files(Ring& ring, int directory,
                                              std::span<const std::string> names) {
  const int error = run_all(ring, names.size(), ENOENT, [&](std::size_t i) {
    return ring.unlink(directory, names[i].c_str(), i);
  });
  return as_result(error, "a segment cannot be removed");
}

}  // namespace opptak::storage
