#include "storage/segment/batch_pool.h"

#include <cerrno>
#include <utility>

#include <sys/mman.h>

namespace opptak::storage {

std::expected<BatchPool, int> BatchPool::create(std::uint32_t batches, std::uint32_t batch_bytes) {
  const std::size_t stride = batch_bytes + kSectorBytes;
  const std::size_t bytes = stride * batches;
  // Populated now: a page fault later would cost more than the write itself.
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (memory == MAP_FAILED) return std::unexpected(errno);
  BatchPool pool;
  pool.mapping_ = {static_cast<std::uint8_t*>(memory), bytes};
  pool.batches_.resize(batches);
  pool.free_.reserve(batches);
  for (std::uint32_t i = 0; i < batches; ++i) {
    Batch& batch = pool.batches_[i];
    batch.memory = pool.mapping_.subspan(i * stride, stride);
    batch.index = static_cast<std::uint16_t>(i);
    batch.tickets.reserve(batch_bytes / kSectorBytes);
    pool.free_.push_back(static_cast<std::uint16_t>(batches - 1 - i));
  }
  return pool;
}

BatchPool::~BatchPool() {
  if (!mapping_.empty()) ::munmap(mapping_.data(), mapping_.size());
}

BatchPool::BatchPool(BatchPool&& other) noexcept
    : mapping_(std::exchange(other.mapping_, {})),
      batches_(std::move(other.batches_)),
      free_(std::move(other.free_)) {}

Batch* BatchPool::take() noexcept {
  if (free_.empty()) return nullptr;
  Batch& batch = batches_[free_.back()];
  free_.pop_back();
  batch.filled = batch.submitted = batch.uncommitted = batch.writes = 0;
  batch.closed = batch.wanted = false;
  batch.tickets.clear();
  return &batch;
}

void BatchPool::give(Batch& batch) noexcept {
  batch.segment = nullptr;
  free_.push_back(batch.index);
}

}  // namespace opptak::storage
