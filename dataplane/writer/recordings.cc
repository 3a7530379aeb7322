// A recording's life in the writer: opened by control, closed by control, done when its extent
// list is durable.
#include <algorithm>

#include <sodium.h>

#include "dataplane/writer/emit.h"

namespace opptak::dataplane {

bool Writer::handle_commands() {
  bool any = false;
  while (const MessageHeader* command = commands_.next()) {
    any = true;
    switch (command->type) {
      case MessageType::kRecordingOpen:
        open_recording(as<RecordingOpen>(*command));
        break;
      case MessageType::kRecordingClose:
        close_recording(as<RecordingClose>(*command));
        break;
      case MessageType::kWriterResyncBegin:
        ++generation_;
        break;
      case MessageType::kWriterResyncEnd:
        end_resync();
        break;
      default:
        break;
    }
    // The record may hold a key: nothing of it stays in shared memory.
    sodium_memzero(const_cast<MessageHeader*>(command + 1),
                   command->size_bytes - sizeof(MessageHeader));
    commands_.release();
  }
  return any;
}

void Writer::open_recording(const RecordingOpen& open) {
  auto& entry = recordings_[open.recording];
  if (entry != nullptr) {
    entry->generation = generation_;
    return;
  }
  entry = std::make_unique<Recording>();
  entry->open = open;
  entry->open.key.fill(0);
  entry->generation = generation_;
  sealer_->prepare(entry->key, open.key);
  if (open.resumed != 0) {
    entry->raw_key.emplace(open.key);
    to_recover_.push_back(entry.get());
  }
  count_->set(Counter::kRecordingsOpen, recordings_.size());
}

void Writer::close_recording(const RecordingClose& close) {
  const auto found = recordings_.find(close.recording);
  if (found == recordings_.end()) return;
  Recording* recording = found->second.get();
  if (std::ranges::find(closing_, recording) != closing_.end()) return;
  // Every block of it is in a ring by now (docs/channel.md): note how far that is.
  recording->drain_to.clear();
  for (std::size_t worker = 0; worker < rings_.from_workers.size(); ++worker) {
    recording->drain_to.push_back(popped_[worker] + rings_.from_workers[worker]->fill());
  }
  closing_.push_back(recording);
}

bool Writer::finish_closed() {
  bool moved = false;
  std::erase_if(closing_, [&](Recording* recording) {
    if (!stalled_.empty()) return false;
    for (std::size_t worker = 0; worker < popped_.size(); ++worker) {
      if (popped_[worker] < recording->drain_to[worker]) return false;
    }
    if (recording->outstanding > 0) return false;
    if (!recording->extents.empty()) {
      if (recording->list_ticket == 0) {
        moved |= write_list(*recording);
        return false;
      }
      if (recording->list_ticket > appender_.durable_ticket()) return false;
    }
    report_done(*recording);
    recordings_.erase(recording->open.recording);
    count_->set(Counter::kRecordingsOpen, recordings_.size());
    moved = true;
    return true;
  });
  return moved;
}

// Parts are written one after the other; each names the one before it. False: tried again.
bool Writer::write_list(Recording& recording) {
  constexpr std::uint32_t kPartExtentsMax = storage::extents_max(1u << 20);
  storage::ExtentPart part{};
  part.call = recording.open.call;
  part.recording = recording.open.recording;
  part.dropped_packets = recording.dropped_packets;
  part.first_arrival_us = recording.first_arrival_us;
  part.last_arrival_us = recording.last_arrival_us;
  std::span<const storage::Extent> rest = recording.extents;
  while (!rest.empty()) {
    const auto count =
        static_cast<std::uint32_t>(std::min<std::size_t>(rest.size(), kPartExtentsMax));
    const std::uint32_t bytes = storage::extent_block_bytes(count);
    const auto room = appender_.reserve(recording.open.expiry_day, bytes);
    if (!room) return false;
    for (const storage::Extent& extent : rest.first(count)) part.packets += extent.packets;
    part.blocks += count;
    part.root = count == rest.size();
    part.serial = next_serial_++;
    list_plain_.resize(bytes);
    const std::size_t used =
        storage::encode_extent_part(part, rest.first(count), list_plain_.data());
    auto& header = *reinterpret_cast<storage::BlockHeader*>(room->block.data());
    header = {
        storage::kBlockMagic,     storage::kBlockVersion, storage::BlockKind::kExtents, 0,  bytes,
        recording.open.tag.bytes, config_.epoch,          recording.nonce_counter++,    {}, {}};
    sealer_->seal(recording.key, header, {list_plain_.data(), used},
                  room->block.data() + storage::kBlockHeaderBytes);
    appender_.commit(*room);
    in_flight_.push_back({room->ticket, kNoSlotInFlight, &recording, part.serial, 0, 0, bytes});
    count_->add(Counter::kBytesStored, bytes);
    recording.list = {room->segment, room->offset_bytes, bytes};
    recording.list_ticket = room->ticket;
    part.previous = recording.list;
    ++part.part;
    rest = rest.subspan(count);
    unsynced_ = true;
  }
  return true;
}

void Writer::report_done(const Recording& recording) {
  RecordingDone done{};
  done.recording = recording.open.recording;
  done.extent_segment = recording.list.segment;
  done.extent_offset_bytes = recording.list.offset_bytes;
  done.extent_bytes = recording.list.bytes;
  done.blocks = static_cast<std::uint32_t>(recording.extents.size());
  done.packets = recording.packets;
  done.payload_bytes = recording.payload_bytes;
  done.dropped_packets = recording.dropped_packets;
  done.first_arrival = {static_cast<std::int64_t>(recording.first_arrival_us) * kNsPerUs};
  done.last_arrival = {static_cast<std::int64_t>(recording.last_arrival_us) * kNsPerUs};
  done.recovered = recording.recovered ? 1 : 0;
  emit(done);
}

}  // namespace opptak::dataplane
