// Blocks as a worker handles them: opened when a stream's packet needs one, closed when full,
// when old, or when the stream ends. Slots come from the worker's own share and return through a
// ring once the writer has made them durable.
#include "dataplane/worker/worker.h"

namespace opptak::dataplane {

std::uint32_t Worker::take_slot() {
  for (;;) {
    if (free_slots_.empty()) {
      std::uint32_t returned;
      for (IndexRing* ring : rings_.free_slots) {
        while (ring->pop(returned)) free_slots_.push_back(returned);
      }
    }
    if (!free_slots_.empty()) {
      const std::uint32_t slot = free_slots_.back();
      free_slots_.pop_back();
      return slot;
    }
    if (!config_.lockstep) return kNoSlot;
    __builtin_ia32_pause();  // A replay waits for its writer instead of dropping.
  }
}

bool Worker::open_block(std::uint32_t entry, std::uint64_t arrival_us) {
  const std::uint32_t slot = take_slot();
  if (slot == kNoSlot) return false;
  Stream& stream = streams_.at(entry);
  const TargetPut& put = targets_.at(stream.target).put;
  storage::BlockHead& head = blocks_->head(slot);
  head = {};
  head.call = put.call.bytes;
  head.recording = put.recording.bytes;
  head.serial = next_serial_++;
  head.first_arrival_us = arrival_us;
  head.src_address = stream.key.src_address;
  head.dst_address = stream.key.dst_address;
  head.src_port = stream.key.src_port;
  head.dst_port = stream.key.dst_port;
  head.ssrc = stream.key.ssrc;
  head.speaker = static_cast<std::uint8_t>(stream.speaker);
  SlotControl& control = blocks_->control(slot);
  control.worker = config_.index;
  control.writer = put.writer;
  control.opened_us = arrival_us;
  control.stream = entry;
  control.payload_bytes = 0;
  control.slot_bytes = blocks_->block_bytes();
  control.progress.store(pack_progress(storage::kBlockHeadBytes, 0), std::memory_order_relaxed);
  control.state.store(static_cast<std::uint32_t>(SlotState::kFilling), std::memory_order_release);
  stream.slot = slot;
  stream.record = {};
  stream.block_used = storage::kBlockHeadBytes;
  stream.block_packets = 0;
  stream.block_payload_bytes = 0;
  opened_[opened_head_++ % opened_.size()] = {head.serial, arrival_us, slot};
  return true;
}

void Worker::close_block(Stream& stream) {
  if (stream.slot == kNoSlot) return;
  const std::uint32_t slot = stream.slot;
  stream.slot = kNoSlot;
  storage::BlockHead& head = blocks_->head(slot);
  head.last_arrival_us = stream.record.arrival_us;
  head.packets = stream.block_packets;
  head.used_bytes = stream.block_used;
  SlotControl& control = blocks_->control(slot);
  control.payload_bytes = stream.block_payload_bytes;
  control.state.store(static_cast<std::uint32_t>(SlotState::kFull), std::memory_order_release);
  rings_.to_writers[control.writer]->push(slot);
}

// A power cut may lose what is not on disk: no block stays open longer than the flush interval.
void Worker::flush_old_blocks(std::uint64_t now_us) {
  while (opened_tail_ != opened_head_) {
    const OpenedBlock& oldest = opened_[opened_tail_ % opened_.size()];
    const SlotControl& control = blocks_->control(oldest.slot);
    const bool filling = control.state.load(std::memory_order_relaxed) ==
                             static_cast<std::uint32_t>(SlotState::kFilling) &&
                         blocks_->head(oldest.slot).serial == oldest.serial;
    if (filling) {
      if (oldest.opened_us + config_.flush_interval_us > now_us) return;
      close_block(streams_.at(control.stream));
      count_->add(Counter::kBlocksFlushedEarly);
    }
    ++opened_tail_;
  }
}

void Worker::flush_all() {
  for (std::uint32_t entry = 0; entry < streams_.used(); ++entry) close_block(streams_.at(entry));
}

}  // namespace opptak::dataplane
