// Control's commands to a worker. Each is idempotent: putting what is already there changes
// nothing, so that control may say everything again after a crash (docs/channel.md).
#include "dataplane/worker/worker.h"

namespace opptak::dataplane {

void Worker::handle_commands() {
  while (const MessageHeader* command = commands_.next()) {
    carry_out(*command);
    commands_.release();
  }
  if (emitted_) wake_control();
}

void Worker::carry_out(const MessageHeader& command) {
  switch (command.type) {
    case MessageType::kTargetPut:
      return put_target(as<TargetPut>(command));
    case MessageType::kTargetDrop: {
      const std::uint32_t entry = targets_.find(as<TargetDrop>(command).target);
      if (entry != kNoEntry) drop_target(entry, StreamEndCause::kTargetDropped);
      return;
    }
    case MessageType::kBarrier: {
      BarrierReached reached{};
      reached.token = as<Barrier>(command).token;
      return emit(reached);
    }
    case MessageType::kInspectHandled:
      handled_ = as<InspectHandled>(command).count;
      return;
    case MessageType::kWorkerResyncBegin:
      ++resync_generation_;
      return;
    case MessageType::kWorkerResyncEnd:
      return end_resync();
    default:
      return;  // A newer control: what is not understood is not carried out.
  }
}

void Worker::put_target(const TargetPut& put) {
  if (put.target == 0) return;
  std::uint32_t entry = targets_.find(put.target);
  if (entry != kNoEntry) {
    Target& target = targets_.at(entry);
    target.resync_generation = resync_generation_;
    const TargetPut& old = target.put;
    if (old.endpoint == put.endpoint && old.mode == put.mode && old.reason == put.reason &&
        old.recording == put.recording && old.kind == put.kind && old.call == put.call &&
        old.side == put.side && old.writer == put.writer) {
      return;
    }
    if (old.endpoint == put.endpoint) return change_target(entry, put);
    drop_target(entry, StreamEndCause::kTargetChanged);
  }
  entry = targets_.insert(put);
  const std::uint32_t point = entry == kNoEntry ? kNoEntry : points_.acquire(put.endpoint);
  if (point == kNoEntry) {
    if (entry != kNoEntry) targets_.erase(entry);
    return count_->add(Counter::kEventsLost);
  }
  targets_.at(entry).endpoint = point;
  targets_.at(entry).resync_generation = resync_generation_;
  count_->set(Counter::kTargets, targets_.size());
  attach_target(entry);
}

void Worker::drop_target(std::uint32_t entry, StreamEndCause cause) {
  const std::uint32_t point = targets_.at(entry).endpoint;
  end_cause_ = cause;
  detach_target(entry);
  points_.release(point);
  targets_.erase(entry);
  count_->set(Counter::kTargets, targets_.size());
}

void Worker::end_resync() {
  for (std::uint32_t entry = 0; entry < targets_.capacity(); ++entry) {
    if (targets_.live(entry) && targets_.at(entry).resync_generation != resync_generation_) {
      drop_target(entry, StreamEndCause::kResync);
    }
  }
}

}  // namespace opptak::dataplane
