#include "dataplane/block/block_memory.h"

#include <cerrno>
#include <cstring>

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/block/packet_record.h"

namespace opptak::dataplane {

std::expected<BlockMemory, std::string> BlockMemory::open(int memfd, std::uint32_t block_bytes,
                                                          std::uint32_t slots) {
  const std::uint64_t bytes = std::uint64_t{block_bytes} * slots;
  struct stat status{};
  if (fstat(memfd, &status) != 0) return std::unexpected("block memory: not a memory file");
  const bool fresh = static_cast<std::uint64_t>(status.st_size) != bytes;
  if (fresh && (ftruncate(memfd, 0) != 0 || ftruncate(memfd, static_cast<off_t>(bytes)) != 0)) {
    return std::unexpected("block memory: cannot be sized to " + std::to_string(bytes >> 20) +
                           " MiB: lower dataplane.block_memory_mib");
  }
  void* base = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
  if (base == MAP_FAILED) {
    return std::unexpected("block memory: cannot map " + std::to_string(bytes >> 20) +
                           " MiB: lower dataplane.block_memory_mib");
  }
  madvise(base, bytes, MADV_DONTDUMP);
  (void)mlock2(base, bytes, MLOCK_ONFAULT);  // Best effort: RLIMIT_MEMLOCK may forbid it.
  BlockMemory memory(static_cast<std::uint8_t*>(base), block_bytes, slots);
  for (std::uint32_t slot = 0; !fresh && slot < slots; ++slot) {
    const SlotControl& control = memory.control(slot);
    if (control.state.load(std::memory_order_acquire) == 0) continue;
    if (control.slot_bytes == block_bytes) {
      memory.orphans_.push_back(slot);
    } else {
      memory.free(slot);
    }
  }
  return memory;
}

BlockMemory::~BlockMemory() {
  if (base_ != nullptr) munmap(base_, std::uint64_t{block_bytes_} * slots_);
}

bool BlockMemory::complete_orphan(std::uint32_t slot) const noexcept {
  const std::uint64_t progress = control(slot).progress.load(std::memory_order_acquire);
  const auto used = static_cast<std::uint32_t>(progress);
  storage::BlockHead& block = head(slot);
  if (used < storage::kBlockHeadBytes || used > plain_bytes() || progress >> 32 == 0) return false;
  storage::RecordDecoder records(
      {plain(slot) + storage::kBlockHeadBytes, used - storage::kBlockHeadBytes});
  storage::RtpRecord record;
  std::uint32_t packets = 0;
  std::uint32_t payload_bytes = 0;
  while (records.next(record) == storage::RecordResult::kRecord) {
    ++packets;
    payload_bytes += static_cast<std::uint32_t>(record.payload.size());
    block.last_arrival_us = record.arrival_us;
  }
  block.used_bytes = used;
  block.packets = packets;
  control(slot).payload_bytes = payload_bytes;
  std::memset(plain(slot) + used, 0, plain_bytes() - used);  // A record that was being written.
  return packets == progress >> 32;
}

void BlockMemory::free(std::uint32_t slot) const noexcept {
  SlotControl& slot_control = control(slot);
  const auto used =
      static_cast<std::uint32_t>(slot_control.progress.load(std::memory_order_relaxed));
  std::memset(plain(slot), 0, used <= plain_bytes() ? used : plain_bytes());
  slot_control.progress.store(0, std::memory_order_relaxed);
  slot_control.state.store(static_cast<std::uint32_t>(SlotState::kFree), std::memory_order_release);
}

}  // namespace opptak::dataplane
