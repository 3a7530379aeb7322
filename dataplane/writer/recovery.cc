// What a writer does when control has told it, after a start or a reconnection, which recordings
// are not done: it finds the blocks that a predecessor wrote or left in memory.
#include <algorithm>
#include <unordered_set>

#include "dataplane/writer/emit.h"
#include "storage/scan/segment_scan.h"

namespace opptak::dataplane {

void Writer::end_resync() {
  recover();
  if (!resynced_) adopt_orphans();
  resynced_ = true;
  // Recordings that control no longer knows: their blocks in flight are let go as they retire.
  for (auto at = recordings_.begin(); at != recordings_.end();) {
    Recording* recording = at->second.get();
    const bool named = recording->generation == generation_;
    if (named || recording->outstanding > 0 || recording->list_ticket != 0) {
      ++at;
      continue;
    }
    std::erase(closing_, recording);
    at = recordings_.erase(at);
  }
  count_->set(Counter::kRecordingsOpen, recordings_.size());
}

void Writer::recover() {
  if (to_recover_.empty()) return;
  std::vector<storage::ScanTarget> targets;
  storage::ScanFilter filter;
  filter.not_sealed_before = to_recover_.front()->open.started_at;
  for (const Recording* recording : to_recover_) {
    targets.push_back({recording->open.tag, recording->open.recording, &*recording->raw_key});
    filter.not_sealed_before = std::min(filter.not_sealed_before, recording->open.started_at);
  }
  const auto scan = storage::scan_segments(config_.store, targets, filter);
  for (std::size_t i = 0; i < to_recover_.size(); ++i) {
    Recording& recording = *to_recover_[i];
    recording.recovered = true;
    recording.raw_key.reset();
    if (!scan) continue;
    for (const storage::FoundBlock& block : scan->found[i]) {
      if (block.kind != storage::BlockKind::kPackets) continue;
      recording.extents.push_back(block.extent);
      recording.packets += block.head.packets;
      if (recording.first_arrival_us == 0 ||
          block.head.first_arrival_us < recording.first_arrival_us) {
        recording.first_arrival_us = block.head.first_arrival_us;
      }
      recording.last_arrival_us = std::max(recording.last_arrival_us, block.head.last_arrival_us);
    }
  }
  to_recover_.clear();
}

// Blocks of the dead process in block memory. One that had reached the disk already carries a
// serial that the scan has found.
void Writer::adopt_orphans() {
  std::unordered_set<std::uint64_t> on_disk;
  for (const auto& [id, recording] : recordings_) {
    for (const storage::Extent& extent : recording->extents) on_disk.insert(extent.serial);
  }
  for (const std::uint32_t slot : blocks_->orphans()) {
    if (blocks_->control(slot).writer % config_.writers != config_.index) continue;
    const bool whole = blocks_->complete_orphan(slot);
    const storage::BlockHead& head = blocks_->head(slot);
    const auto found = recordings_.find(RecordingId{head.recording});
    if (!whole || found == recordings_.end()) {
      drop_block(slot, found == recordings_.end() ? nullptr : found->second.get(),
                 Counter::kDroppedForgotten);
    } else if (on_disk.contains(head.serial)) {
      count_->add(Counter::kStored, head.packets);
      free_slot(slot);
    } else {
      stalled_.push_back(slot);
    }
  }
}

}  // namespace opptak::dataplane
