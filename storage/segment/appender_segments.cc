#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "storage/base/check.h"
#include "storage/segment/appender_impl.h"

namespace opptak::storage {

namespace {

constexpr std::int64_t kRetryNs = kNsPerSecond;

// What a disk that failed must do before it is believed again: take one sector durably.
int probe(int descriptor) noexcept {
  alignas(kSectorBytes) static constexpr std::array<std::uint8_t, kSectorBytes> kZeroSector{};
  if (const int error = write_all(descriptor, kZeroSector, 0); error != 0) return error;
  return ::fdatasync(descriptor) == 0 ? 0 : errno;
}

bool is_full(int error) noexcept { return error == ENOSPC || error == EDQUOT; }

}  // namespace

std::expected<void, AppendFailure> SegmentAppender::Impl::prepare_first(UnixNs now) {
  now_ = now;
  make_spare();
  while (spare_ && spare_->phase == SegmentPhase::kAllocating) poll(now, true);
  // A full disk may be opened: it is read and erased from, and takes recordings again later.
  if (condition_ != AppendCondition::kFailing) return {};
  return std::unexpected(AppendFailure{AppendError::kFailed, message_});
}

void SegmentAppender::Impl::make_spare() {
  if (spare_ || closing_) return;
  if (now_ < retry_at_ && retry_at_ - now_ <= kRetryNs) return;
  struct statvfs space{};
  if (::fstatvfs(directory_.get(), &space) != 0) {
    set_condition(AppendCondition::kFailing,
                  fmt::format("cannot read the free space of {}: {}", config_.directory.string(),
                              errno_text(errno)));
    retry_at_ = now_ + kRetryNs;
    return;
  }
  const std::uint64_t least = 2 * std::uint64_t{config_.batch_bytes};
  const std::uint64_t free_bytes = std::uint64_t{space.f_bavail} * space.f_frsize;
  while (spare_bytes_ >= 2 * least && free_bytes < spare_bytes_ + config_.free_bytes_min) {
    spare_bytes_ = spare_bytes_ / 2 / kSectorBytes * kSectorBytes;
  }
  if (free_bytes < spare_bytes_ + config_.free_bytes_min || !try_allocate(spare_bytes_)) {
    if (free_bytes < spare_bytes_ + config_.free_bytes_min) {
      set_condition(AppendCondition::kFull,
                    fmt::format("{} has {} MiB free, too little for a new segment: free space or "
                                "shorten retention",
                                config_.directory.string(), free_bytes >> 20));
    }
    spare_bytes_ = config_.segment_bytes;
    retry_at_ = now_ + kRetryNs;
  }
}

bool SegmentAppender::Impl::try_allocate(std::uint64_t bytes) {
  CHECK(next_number_ <= kSegmentCounterMax);
  const SegmentId id = make_segment_id(config_.epoch, config_.writer, next_number_);
  const std::string name = segment_file_name(id);
  constexpr int kFlags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC;
  int descriptor = ::openat(directory_.get(), name.c_str(), kFlags | O_DIRECT, 0600);
  if (descriptor < 0 && errno == EINVAL) {
    direct_ = false;
    // The refused open may have made the file.
    ::unlinkat(directory_.get(), name.c_str(), 0);
    descriptor = ::openat(directory_.get(), name.c_str(), kFlags, 0600);
  }
  if (descriptor < 0) {
    const int error = errno;
    set_condition(is_full(error) ? AppendCondition::kFull : AppendCondition::kFailing,
                  fmt::format("cannot make {}/segments/{}: {}", config_.directory.string(), name,
                              errno_text(error)));
    return false;
  }
  ++next_number_;
  spare_ = std::make_unique<OpenSegment>();
  spare_->descriptor = UniqueFd(descriptor);
  spare_->file = ring_.register_file(descriptor);
  spare_->id = id;
  spare_->number = next_number_ - 1;
  spare_->size_bytes = bytes;
  if (!ring_.allocate(spare_->file, 0, bytes, tag_of(Operation::kAllocate, spare_->number))) {
    drop_spare();
    return false;
  }
  ring_.submit();
  return true;
}

void SegmentAppender::Impl::spare_allocated(std::int32_t result) {
  if (!spare_) return;
  int error = result < 0 ? -result : 0;
  if (error == EOPNOTSUPP) {
    const auto bytes = static_cast<off_t>(spare_->size_bytes);
    error = ::ftruncate(spare_->descriptor.get(), bytes) == 0 ? 0 : errno;
  }
  if (error == 0 && condition_ == AppendCondition::kFailing) {
    error = probe(spare_->descriptor.get());
  }
  if (error == 0) {
    spare_->phase = SegmentPhase::kReady;
    spare_bytes_ = config_.segment_bytes;
    set_condition(AppendCondition::kOk, {});
    return;
  }
  const std::uint64_t tried_bytes = spare_->size_bytes;
  drop_spare();
  if (is_full(error) && tried_bytes >= 4 * std::uint64_t{config_.batch_bytes}) {
    spare_bytes_ = tried_bytes / 2 / kSectorBytes * kSectorBytes;
    return;  // poll() tries the smaller size.
  }
  set_condition(is_full(error) ? AppendCondition::kFull : AppendCondition::kFailing,
                fmt::format("cannot allocate a segment in {}: {}", config_.directory.string(),
                            errno_text(error)));
  spare_bytes_ = config_.segment_bytes;
  retry_at_ = now_ + kRetryNs;
}

void SegmentAppender::Impl::drop_spare() {
  if (!spare_) return;
  ring_.unregister_file(spare_->file);
  ::unlinkat(directory_.get(), segment_file_name(spare_->id).c_str(), 0);
  spare_.reset();
}

AppendError SegmentAppender::Impl::refuse_without_spare() {
  make_spare();
  if (!spare_ && condition_ == AppendCondition::kFull) return AppendError::kFull;
  if (!spare_ && condition_ == AppendCondition::kFailing) return AppendError::kFailed;
  ++stats_.busy;
  return AppendError::kBusy;
}

OpenSegment& SegmentAppender::Impl::open_spare(std::uint32_t expiry_day) {
  segments_.push_back(std::move(*spare_));
  spare_.reset();
  OpenSegment& segment = segments_.back();
  segment.phase = SegmentPhase::kOpen;
  segment.expiry_day = expiry_day;
  directory_dirty_ = true;
  ++stats_.segments_created;
  make_spare();
  return segment;
}

void SegmentAppender::Impl::seal(OpenSegment& segment) {
  if (segment.current == nullptr) {  // Opened, and no batch was to be had since: nothing in it.
    segment.phase = SegmentPhase::kAbandoned;
    finish_segment(segment);
    return;
  }
  segment.phase = SegmentPhase::kSealing;
  Batch& batch = *segment.current;
  const SegmentFooter footer{config_.store, segment.id, segment.append_offset, segment.blocks,
                             now_};
  encode_segment_footer(footer, std::span<std::uint8_t, kSectorBytes>(
                                    batch.memory.subspan(batch.filled, kSectorBytes)));
  batch.filled += kSectorBytes;
  close_batch(segment);
}

// Its last batch has been written.
void SegmentAppender::Impl::finish_segment(OpenSegment& segment) {
  if (segment.phase != SegmentPhase::kSealing && segment.phase != SegmentPhase::kAbandoned) return;
  if (segment.phase == SegmentPhase::kSealing) {
    const auto end = static_cast<off_t>(segment.append_offset + kSectorBytes);
    if (::ftruncate(segment.descriptor.get(), end) != 0) lost_ = true;
    segment.dirty = true;
  }
  segment.phase = SegmentPhase::kSealed;
  sync_segments_ = true;
}

void SegmentAppender::Impl::abandon(OpenSegment& segment) {
  lost_ = true;
  if (segment.phase != SegmentPhase::kOpen && segment.phase != SegmentPhase::kSealing) return;
  segment.phase = SegmentPhase::kAbandoned;
  close_batch(segment);
  if (segment.batches == 0) finish_segment(segment);
}

void SegmentAppender::Impl::retire_segments() {
  for (auto segment = segments_.begin(); segment != segments_.end();) {
    const bool settled =
        config_.durability == Durability::kNone || (!segment->dirty && !segment->syncing);
    if (segment->phase != SegmentPhase::kSealed || !settled) {
      ++segment;
      continue;
    }
    ring_.unregister_file(segment->file);
    segment = segments_.erase(segment);
  }
}

}  // namespace opptak::storage
