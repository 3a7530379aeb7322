// Bounded ring of slot numbers between two threads of one process, one producer, one consumer.
// Sized for every slot there is, so push cannot fail.
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>
#include <vector>

#include "storage/base/check.h"

namespace opptak::dataplane {

class IndexRing {
 public:
  explicit IndexRing(std::uint32_t slots) : values_(std::bit_ceil(std::uint64_t{slots} + 1)) {}

  void push(std::uint32_t value) noexcept {
    const std::uint64_t head = head_.load(std::memory_order_relaxed);
    DCHECK(head - tail_.load(std::memory_order_acquire) < values_.size());
    values_[head & (values_.size() - 1)] = value;
    head_.store(head + 1, std::memory_order_release);
  }
  [[nodiscard]] bool pop(std::uint32_t& value) noexcept {
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    if (tail == head_.load(std::memory_order_acquire)) return false;
    value = values_[tail & (values_.size() - 1)];
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }
  [[nodiscard]] std::uint64_t fill() const noexcept {
    return head_.load(std::memory_order_acquire) - tail_.load(std::memory_order_acquire);
  }

 private:
  std::vector<std::uint32_t> values_;
  alignas(64) std::atomic<std::uint64_t> head_{0};  // producer: write, consumer: read
  alignas(64) std::atomic<std::uint64_t> tail_{0};  // consumer: write, producer: read
};

}  // namespace opptak::dataplane
