#include <cerrno>
#include <chrono>

#include <fmt/format.h>

#include "storage/base/check.h"
#include "storage/segment/appender_impl.h"

namespace opptak::storage {

namespace {
constexpr std::uint32_t kAttemptsMax = 16;  // Of one write that was interrupted or cut short.
}

std::uint64_t steady_ns() noexcept {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                        std::chrono::steady_clock::now().time_since_epoch())
                                        .count());
}

bool SegmentAppender::Impl::poll(UnixNs now, bool wait) {
  now_ = now;
  const std::uint32_t reaped =
      ring_.reap([this](const Completion& completion) { on_completion(completion); }, wait);
  for (Batch& batch : pool_.all()) {
    if (batch.segment != nullptr && batch.wanted) submit_if_due(batch);
  }
  if (config_.durability == Durability::kNone) tickets_.set_durable(tickets_.written());
  start_sync();
  make_spare();
  retire_segments();
  ring_.submit();
  return reaped > 0;
}

void SegmentAppender::Impl::on_completion(const Completion& completion) {
  const auto index = static_cast<std::uint32_t>(completion.user_data);
  switch (static_cast<Operation>(completion.user_data >> 56)) {
    case Operation::kWrite:
      write_done(index, completion.result);
      return;
    case Operation::kAllocate:
      spare_allocated(completion.result);
      return;
    case Operation::kSync:
      sync_done(index, completion.result);
      return;
    case Operation::kDirectorySync:
      directory_synced(completion.result);
      return;
  }
}

void SegmentAppender::Impl::write_done(std::uint32_t slot, std::int32_t result) {
  Write& write = writes_[slot];
  const bool ok = result >= 0 && static_cast<std::uint32_t>(result) == write.bytes;
  const bool again = result == -EAGAIN || result == -EINTR;
  const bool partial = result > 0 && static_cast<std::uint32_t>(result) < write.bytes &&
                       static_cast<std::uint32_t>(result) % kSectorBytes == 0;
  if ((again || partial) && ++write.attempts < kAttemptsMax) {
    if (partial) {
      write.from += static_cast<std::uint32_t>(result);
      write.bytes -= static_cast<std::uint32_t>(result);
      write.file_offset += static_cast<std::uint32_t>(result);
    }
    if (queue_write(slot)) return;
  }
  OpenSegment& segment = *write.segment;
  Batch& batch = *write.batch;
  stats_.last_write_ns = steady_ns() - write.started_ns;
  for (const Ticket ticket : write.tickets) tickets_.settle(ticket, ok);
  --batch.writes;
  free_writes_.push_back(slot);
  if (ok) {
    stats_.bytes_written += write.bytes;
    segment.dirty = true;
  } else {
    ++stats_.write_errors;
    const int error = result < 0 ? -result : ENOSPC;
    set_condition(
        error == ENOSPC || error == EDQUOT ? AppendCondition::kFull : AppendCondition::kFailing,
        fmt::format("writing to {}/segments/{} failed: {}", config_.directory.string(),
                    segment_file_name(segment.id), errno_text(error)));
    if (spare_ && spare_->phase == SegmentPhase::kReady) drop_spare();
    retry_at_ = now_ + kNsPerSecond;
    abandon(segment);
  }
  release_if_done(batch);
}

bool SegmentAppender::Impl::start_sync() {
  if (config_.durability == Durability::kNone || sync_running_) return false;
  const bool tickets_due = sync_wanted_ > tickets_.durable() && tickets_.written() >= sync_wanted_;
  if (!tickets_due && !sync_segments_) return false;
  sync_running_ = true;
  sync_segments_ = false;
  sync_target_ = tickets_.written();
  sync_started_ns_ = steady_ns();
  for (OpenSegment& segment : segments_) {
    if (!segment.dirty) continue;
    if (!ring_.fdatasync(segment.file, tag_of(Operation::kSync, segment.number))) {
      sync_target_ = tickets_.durable();  // The ring is full: what is left comes next.
      sync_segments_ = true;
      break;
    }
    segment.dirty = false;
    segment.syncing = true;
    ++syncs_in_flight_;
  }
  if (directory_dirty_ &&
      ring_.fsync({directory_.get(), false}, tag_of(Operation::kDirectorySync, 0))) {
    directory_dirty_ = false;
    ++syncs_in_flight_;
  } else if (directory_dirty_) {
    sync_target_ = tickets_.durable();
    sync_segments_ = true;
  }
  ring_.submit();
  if (syncs_in_flight_ == 0) finish_sync();
  return true;
}

void SegmentAppender::Impl::sync_done(std::uint32_t number, std::int32_t result) {
  --syncs_in_flight_;
  ++stats_.syncs;
  for (OpenSegment& segment : segments_) {
    if (segment.number != number) continue;
    segment.syncing = false;
    if (result >= 0) break;
    // What the kernel dropped it does not try again: all that this sync stood for is lost.
    ++stats_.sync_errors;
    tickets_.fail_segment(number, sync_target_);
    set_condition(AppendCondition::kFailing,
                  fmt::format("syncing {}/segments/{} failed: {}", config_.directory.string(),
                              segment_file_name(segment.id), errno_text(-result)));
    if (spare_ && spare_->phase == SegmentPhase::kReady) drop_spare();
    retry_at_ = now_ + kNsPerSecond;
    abandon(segment);
    break;
  }
  if (syncs_in_flight_ == 0) finish_sync();
}

void SegmentAppender::Impl::directory_synced(std::int32_t result) {
  --syncs_in_flight_;
  if (result < 0) {
    ++stats_.sync_errors;
    directory_dirty_ = true;
    lost_ = true;
    for (const OpenSegment& segment : segments_)
      tickets_.fail_segment(segment.number, sync_target_);
    set_condition(AppendCondition::kFailing,
                  fmt::format("syncing {}/segments failed: {}", config_.directory.string(),
                              errno_text(-result)));
  }
  if (syncs_in_flight_ == 0) finish_sync();
}

void SegmentAppender::Impl::finish_sync() {
  sync_running_ = false;
  stats_.last_sync_ns = steady_ns() - sync_started_ns_;
  tickets_.set_durable(sync_target_);
}

void SegmentAppender::Impl::set_condition(AppendCondition condition, std::string message) {
  condition_ = condition;
  message_ = std::move(message);
}

bool SegmentAppender::Impl::drained() const noexcept {
  return segments_.empty() && tickets_.durable() == tickets_.issued() && ring_.in_flight() == 0;
}

std::expected<void, AppendFailure> SegmentAppender::Impl::close(UnixNs now) {
  now_ = now;
  if (!closing_) {
    closing_ = true;
    for (OpenSegment& segment : segments_) {
      if (segment.phase == SegmentPhase::kOpen) seal(segment);
    }
    flush();
    sync_wanted_ = tickets_.issued();
  }
  while (!drained()) {
    const bool moved = poll(now, ring_.in_flight() > 0);
    CHECK(moved || ring_.in_flight() > 0 || drained());  // A reservation was never committed.
  }
  drop_spare();
  if (directory_dirty_ && config_.durability == Durability::kFull) {
    lost_ |= sync_directory(segments_directory(config_.directory)) != 0;
  }
  if (!lost_) return {};
  return std::unexpected(AppendFailure{
      AppendError::kFailed,
      message_.empty() ? "blocks were lost to disk failures, see the log" : message_});
}

}  // namespace opptak::storage
