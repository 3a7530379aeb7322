// Blocks being filled, in a memfd that outlives the process (G6): a slot is as large as a block on
// disk; where the disk has the clear header, the slot has a control line. A new dataplane finds
// the blocks of a dead one here and hands them to the writers once control has said whose they are.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "storage/block/format.h"

namespace opptak::dataplane {

enum class SlotState : std::uint32_t {
  kFree = 0,
  kFilling = 1,  // worker: write
  kFull = 2,     // With the writer, until what was in it is durable.
};

struct SlotControl {
  std::atomic<std::uint32_t> state;  // worker: write; writer: frees
  std::uint16_t worker;
  std::uint16_t writer;
  // Records so far: used bytes in the low half, packets in the high half, stored as one with
  // release order after the record is written: a crash leaves whole records.
  std::atomic<std::uint64_t> progress;  // worker: write
  std::uint64_t opened_us;
  std::uint32_t stream;         // Worker's stream entry; means nothing after a crash.
  std::uint32_t payload_bytes;  // Set when full.
  std::uint8_t zero[24];
  std::uint64_t slot_bytes;  // Guards against memory of another layout.
};
static_assert(sizeof(SlotControl) == storage::kBlockHeaderBytes);

[[nodiscard]] constexpr std::uint64_t pack_progress(std::uint32_t used, std::uint32_t packets) {
  return static_cast<std::uint64_t>(packets) << 32 | used;
}

class BlockMemory {
 public:
  // Maps `memfd`, sizes it where it is empty or of another layout. On failure: what to do.
  [[nodiscard]] static std::expected<BlockMemory, std::string> open(int memfd,
                                                                    std::uint32_t block_bytes,
                                                                    std::uint32_t slots);
  BlockMemory(BlockMemory&& other) noexcept
      : base_(std::exchange(other.base_, nullptr)),
        block_bytes_(other.block_bytes_),
        slots_(other.slots_),
        orphans_(std::move(other.orphans_)) {}
  BlockMemory& operator=(BlockMemory&&) = delete;
  ~BlockMemory();

  [[nodiscard]] std::uint32_t slots() const noexcept { return slots_; }
  [[nodiscard]] std::uint32_t block_bytes() const noexcept { return block_bytes_; }
  [[nodiscard]] std::uint32_t plain_bytes() const noexcept {
    return block_bytes_ - static_cast<std::uint32_t>(storage::kBlockHeaderBytes);
  }
  [[nodiscard]] SlotControl& control(std::uint32_t slot) const noexcept {
    return *reinterpret_cast<SlotControl*>(base_ + std::uint64_t{slot} * block_bytes_);
  }
  [[nodiscard]] std::uint8_t* plain(std::uint32_t slot) const noexcept {
    return base_ + std::uint64_t{slot} * block_bytes_ + storage::kBlockHeaderBytes;
  }
  [[nodiscard]] storage::BlockHead& head(std::uint32_t slot) const noexcept {
    return *reinterpret_cast<storage::BlockHead*>(plain(slot));
  }

  // Slots that a predecessor left filled or being filled. Read once at start.
  [[nodiscard]] std::span<const std::uint32_t> orphans() const noexcept { return orphans_; }
  // Completes an orphan's head from what its records say. False where nothing whole is in it.
  [[nodiscard]] bool complete_orphan(std::uint32_t slot) const noexcept;

  // Wipes what was heard and marks the slot free.
  void free(std::uint32_t slot) const noexcept;

 private:
  BlockMemory(std::uint8_t* base, std::uint32_t block_bytes, std::uint32_t slots) noexcept
      : base_(base), block_bytes_(block_bytes), slots_(slots) {}

  std::uint8_t* base_;
  std::uint32_t block_bytes_;
  std::uint32_t slots_;
  std::vector<std::uint32_t> orphans_;
};

}  // namespace opptak::dataplane
