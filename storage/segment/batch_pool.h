// Inside storage/segment: the batch buffers of an appender, one mapping, page aligned. Each buffer
// has one sector more than a batch holds, so that a footer always finds room.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <vector>

#include "storage/block/format.h"

namespace opptak::storage {

struct OpenSegment;

// A stretch of one segment that is being filled and written. Its bytes go out in one write, or in
// several when flushed in between.
struct Batch {
  std::span<std::uint8_t> memory;
  std::uint16_t index = 0;
  OpenSegment* segment = nullptr;  // Null: free.
  std::uint64_t file_offset = 0;   // Of memory[0].
  std::uint32_t filled = 0;
  std::uint32_t submitted = 0;         // Bytes of `filled` handed to the ring.
  std::uint32_t uncommitted = 0;       // Reservations whose owner still writes.
  std::uint32_t writes = 0;            // In flight.
  bool closed = false;                 // Nothing more will be reserved in it.
  bool wanted = false;                 // Submit as soon as nothing is uncommitted.
  std::vector<std::uint64_t> tickets;  // In [submitted, filled).
};

class BatchPool {
 public:
  // Errno on failure.
  [[nodiscard]] static std::expected<BatchPool, int> create(std::uint32_t batches,
                                                            std::uint32_t batch_bytes);
  ~BatchPool();
  BatchPool(BatchPool&& other) noexcept;
  BatchPool& operator=(BatchPool&&) = delete;

  [[nodiscard]] Batch* take() noexcept;  // Null: none is free.
  void give(Batch& batch) noexcept;
  [[nodiscard]] Batch& at(std::uint32_t index) noexcept { return batches_[index]; }
  [[nodiscard]] std::span<Batch> all() noexcept { return batches_; }

 private:
  BatchPool() = default;
  std::span<std::uint8_t> mapping_;
  std::vector<Batch> batches_;
  std::vector<std::uint16_t> free_;
};

}  // namespace opptak::storage
