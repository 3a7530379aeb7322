#include <algorithm>

#include <sodium.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "dataplane/writer/emit.h"

namespace opptak::dataplane {

namespace {

constexpr std::uint32_t kBlocksPerTurn = 256;
constexpr unsigned kIdleSleepUs = 200;

constexpr std::uint32_t round_to_sectors(std::uint32_t bytes) {
  return (bytes + storage::kSectorBytes - 1) / storage::kSectorBytes * storage::kSectorBytes;
}

}  // namespace

Writer::Writer(const WriterConfig& config, Channel& channel, int wakeup_fd, BlockMemory& blocks,
               WriterRings rings, storage::SegmentAppender appender,
               std::unique_ptr<storage::Sealer> sealer)
    : config_(config),
      commands_(channel.commands(config.workers + config.index)),
      events_(channel.events(config.workers + config.index)),
      channel_(&channel.header()),
      wakeup_fd_(wakeup_fd),
      count_(&channel.counters()[config.workers + config.index]),
      blocks_(&blocks),
      rings_(std::move(rings)),
      appender_(std::move(appender)),
      sealer_(std::move(sealer)),
      popped_(rings_.from_workers.size()),
      next_serial_(config.serial_first) {
  commands_.discard();  // What was meant for a predecessor; control says it all again.
}

void Writer::run(const std::atomic<bool>& stop) {
  while (!stop.load(std::memory_order_acquire)) {
    if (!turn(system_now())) usleep(kIdleSleepUs);
  }
  // The workers have stopped and handed everything over. What nobody has claimed stays in block
  // memory for the next start.
  while (take_blocks() || (resynced_ && !stalled_.empty())) (void)appender_.poll(system_now());
  (void)appender_.close(system_now());
  retire_durable();
}

bool Writer::turn(UnixNs now) {
  bool moved = handle_commands();
  moved |= take_blocks();
  moved |= appender_.poll(now);
  retire_durable();
  moved |= finish_closed();
  pace_sync(now);
  report_condition();
  return moved;
}

bool Writer::take_blocks() {
  std::uint32_t taken = 0;
  while (!stalled_.empty()) {
    if (!write_block(stalled_.front())) return taken > 0;
    stalled_.pop_front();
    ++taken;
  }
  for (std::size_t worker = 0; worker < rings_.from_workers.size(); ++worker) {
    std::uint32_t slot;
    while (taken < kBlocksPerTurn && rings_.from_workers[worker]->pop(slot)) {
      ++popped_[worker];
      ++taken;
      if (write_block(slot)) continue;
      stalled_.push_back(slot);
      return true;
    }
  }
  return taken > 0;
}

// False where the appender has no buffer at the moment: the block is tried again.
bool Writer::write_block(std::uint32_t slot) {
  const storage::BlockHead& head = blocks_->head(slot);
  const auto found = recordings_.find(RecordingId{head.recording});
  if (found == recordings_.end()) {
    // Before control has spoken, its recording may still be named.
    if (!resynced_) return false;
    drop_block(slot, nullptr, Counter::kDroppedForgotten);
    return true;
  }
  Recording& recording = *found->second;
  const std::uint32_t block_bytes =
      round_to_sectors(static_cast<std::uint32_t>(storage::kBlockHeaderBytes) + head.used_bytes);
  const auto room = appender_.reserve(recording.open.expiry_day, block_bytes);
  if (!room) {
    if (room.error() == storage::AppendError::kBusy) return false;
    drop_block(slot, &recording, Counter::kDroppedDisk);
    return true;
  }
  auto& header = *reinterpret_cast<storage::BlockHeader*>(room->block.data());
  header = {storage::kBlockMagic,
            storage::kBlockVersion,
            storage::BlockKind::kPackets,
            0,
            block_bytes,
            recording.open.tag.bytes,
            config_.epoch,
            recording.nonce_counter++,
            {},
            {}};
  sealer_->seal(recording.key, header, {blocks_->plain(slot), head.used_bytes},
                room->block.data() + storage::kBlockHeaderBytes);
  appender_.commit(*room);
  recording.extents.push_back({{room->segment, room->offset_bytes, block_bytes},
                               head.packets,
                               head.serial,
                               head.first_arrival_us});
  recording.packets += head.packets;
  recording.payload_bytes += blocks_->control(slot).payload_bytes;
  if (recording.first_arrival_us == 0 || head.first_arrival_us < recording.first_arrival_us) {
    recording.first_arrival_us = head.first_arrival_us;
  }
  recording.last_arrival_us = std::max(recording.last_arrival_us, head.last_arrival_us);
  ++recording.outstanding;
  in_flight_.push_back({room->ticket, slot, &recording, head.serial, head.packets,
                        blocks_->control(slot).payload_bytes, block_bytes});
  unsynced_ = true;
  return true;
}

void Writer::retire_durable() {
  const storage::Ticket durable = appender_.durable_ticket();
  while (!in_flight_.empty() && in_flight_.front().ticket <= durable) {
    const InFlight block = in_flight_.front();
    in_flight_.pop_front();
    retire_block(block, appender_.any_failed() && appender_.take_failed(block.ticket));
  }
}

void Writer::retire_block(const InFlight& block, bool lost) {
  Recording& recording = *block.recording;
  if (block.slot == kNoSlotInFlight) {
    if (lost) recording.list_ticket = 0;  // Written again.
    return;
  }
  --recording.outstanding;
  if (lost) {
    std::erase_if(recording.extents, [&](const auto& e) { return e.serial == block.serial; });
    recording.packets -= block.packets;
    recording.payload_bytes -= block.payload_bytes;
    return drop_block(block.slot, &recording, Counter::kDroppedDisk);
  }
  count_->add(Counter::kStored, block.packets);
  count_->add(Counter::kBlocks);
  count_->add(Counter::kBytesStored, block.block_bytes);
  count_->add(Counter::kPayloadBytesStored, block.payload_bytes);
  free_slot(block.slot);
}

void Writer::drop_block(std::uint32_t slot, Recording* recording, Counter cause) {
  const auto packets = static_cast<std::uint32_t>(
      blocks_->control(slot).progress.load(std::memory_order_acquire) >> 32);
  if (recording != nullptr) recording->dropped_packets += packets;
  count_->add(cause, packets);
  free_slot(slot);
}

void Writer::free_slot(std::uint32_t slot) {
  blocks_->free(slot);
  rings_.free_slots[slot % config_.workers]->push(slot);
}

// One sync covers all blocks written so far. It comes sooner when a recording waits to be done.
void Writer::pace_sync(UnixNs now) {
  if (!unsynced_) return;
  if (closing_.empty() && now - last_sync_ < config_.sync_interval_ns) return;
  appender_.request_sync();
  last_sync_ = now;
  unsynced_ = false;
}

void Writer::report_condition() {
  if (appender_.condition() == condition_) return;
  condition_ = appender_.condition();
  StoreState state{};
  switch (condition_) {
    case storage::AppendCondition::kOk:
      state.condition = StoreCondition::kOk;
      break;
    case storage::AppendCondition::kFull:
      state.condition = StoreCondition::kFull;
      break;
    case storage::AppendCondition::kFailing:
      state.condition = StoreCondition::kFailing;
      break;
  }
  emit(state);
}

}  // namespace opptak::dataplane
