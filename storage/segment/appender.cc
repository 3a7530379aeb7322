#include "storage/segment/appender.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>

#include "storage/base/check.h"
#include "storage/segment/appender_impl.h"

namespace opptak::storage {

namespace {

// Tickets that may wait for a sync; 2 MiB of states. A writer that never syncs is told kBusy.
constexpr std::size_t kTicketsMax = std::size_t{1} << 18;

std::unexpected<AppendFailure> fail(AppendError error, std::string message) {
  return std::unexpected(AppendFailure{error, std::move(message)});
}

}  // namespace

SegmentAppender::Impl::Impl(const AppenderConfig& config, Ring ring, BatchPool pool,
                            UniqueFd directory)
    : config_(config),
      tickets_(kTicketsMax),
      ring_(std::move(ring)),
      pool_(std::move(pool)),
      directory_(std::move(directory)),
      spare_bytes_(config.segment_bytes),
      writes_(config.batches * 4) {
  for (std::uint32_t i = 0; i < writes_.size(); ++i) {
    writes_[i].tickets.reserve(config.batch_bytes / kSectorBytes);
    free_writes_.push_back(i);
  }
  std::vector<std::span<std::uint8_t>> buffers;
  for (const Batch& batch : pool_.all()) buffers.push_back(batch.memory);
  ring_.register_buffers(buffers);
}

SegmentAppender::Impl::~Impl() {
  while (ring_.in_flight() > 0) ring_.reap([](const Completion&) {}, true);
}

std::expected<Reservation, AppendError> SegmentAppender::Impl::reserve(std::uint32_t expiry_day,
                                                                       std::uint32_t bytes) {
  CHECK(!closing_ && bytes > 0 && bytes % kSectorBytes == 0 && bytes <= config_.batch_bytes);
  if (tickets_.full()) {
    ++stats_.busy;
    request_sync();
    return std::unexpected(AppendError::kBusy);
  }
  const auto found = segment_for(expiry_day, bytes);
  if (!found) return std::unexpected(found.error());
  OpenSegment& segment = **found;
  if (segment.current == nullptr || segment.current->filled + bytes > config_.batch_bytes) {
    if (!attach_batch(segment)) {
      ++stats_.busy;
      return std::unexpected(AppendError::kBusy);
    }
  }
  Batch& batch = *segment.current;
  Reservation reservation;
  reservation.block = batch.memory.subspan(batch.filled, bytes);
  reservation.segment = segment.id;
  reservation.offset_bytes = segment.append_offset;
  reservation.ticket = tickets_.issue(segment.number);
  reservation.batch = batch.index;
  batch.filled += bytes;
  ++batch.uncommitted;
  batch.tickets.push_back(reservation.ticket);
  segment.append_offset += bytes;
  segment.last_used = reservation.ticket;
  ++segment.blocks;
  ++stats_.blocks;
  return reservation;
}

std::expected<OpenSegment*, AppendError> SegmentAppender::Impl::segment_for(
    std::uint32_t expiry_day, std::uint32_t bytes) {
  OpenSegment* idlest = nullptr;
  std::uint32_t open = 0;
  for (OpenSegment& segment : segments_) {
    if (segment.phase != SegmentPhase::kOpen) continue;
    if (segment.expiry_day == expiry_day) {
      if (segment.append_offset + bytes + kSectorBytes <= segment.size_bytes) return &segment;
      idlest = &segment;
      open = config_.open_segments_max;  // Full: it is the one to make room.
      break;
    }
    ++open;
    if (idlest == nullptr || segment.last_used < idlest->last_used) idlest = &segment;
  }
  if (!spare_ || spare_->phase != SegmentPhase::kReady) {
    return std::unexpected(refuse_without_spare());
  }
  if (open >= config_.open_segments_max) seal(*idlest);
  return &open_spare(expiry_day);
}

bool SegmentAppender::Impl::attach_batch(OpenSegment& segment) {
  Batch* batch = pool_.take();
  if (batch == nullptr) return false;
  close_batch(segment);
  batch->segment = &segment;
  batch->file_offset = segment.append_offset;
  segment.current = batch;
  ++segment.batches;
  if (segment.append_offset == 0) {
    const SegmentHeader header{config_.store,  segment.id,         config_.epoch,
                               config_.writer, segment.expiry_day, now_};
    encode_segment_header(header, batch->memory.first<kSectorBytes>());
    batch->filled = kSectorBytes;
    segment.append_offset = kSectorBytes;
  }
  return true;
}

void SegmentAppender::Impl::close_batch(OpenSegment& segment) {
  if (segment.current == nullptr) return;
  Batch& batch = *segment.current;
  segment.current = nullptr;
  batch.closed = true;
  batch.wanted = true;
  submit_if_due(batch);
  release_if_done(batch);
}

void SegmentAppender::Impl::commit(const Reservation& reservation) {
  Batch& batch = pool_.at(reservation.batch);
  CHECK(batch.uncommitted > 0);
  --batch.uncommitted;
  if (batch.filled >= config_.batch_bytes) batch.wanted = true;
  submit_if_due(batch);
}

void SegmentAppender::Impl::submit_if_due(Batch& batch) {
  if (!batch.wanted || batch.uncommitted > 0) return;
  if (batch.submitted < batch.filled && !submit(batch)) return;  // poll() tries again.
  batch.wanted = batch.closed;
}

bool SegmentAppender::Impl::submit(Batch& batch) {
  if (free_writes_.empty()) return false;
  const std::uint32_t slot = free_writes_.back();
  Write& write = writes_[slot];
  write.batch = &batch;
  write.segment = batch.segment;
  write.from = batch.submitted;
  write.bytes = batch.filled - batch.submitted;
  write.file_offset = batch.file_offset + batch.submitted;
  write.attempts = 0;
  write.started_ns = steady_ns();
  if (!queue_write(slot)) return false;
  free_writes_.pop_back();
  write.tickets.clear();
  std::swap(write.tickets, batch.tickets);
  batch.submitted = batch.filled;
  ++batch.writes;
  ++stats_.writes;
  ring_.submit();
  return true;
}

bool SegmentAppender::Impl::queue_write(std::uint32_t slot) {
  const Write& write = writes_[slot];
  return ring_.write_fixed(write.segment->file, write.batch->index,
                           write.batch->memory.subspan(write.from, write.bytes), write.file_offset,
                           tag_of(Operation::kWrite, slot));
}

void SegmentAppender::Impl::release_if_done(Batch& batch) {
  if (batch.segment == nullptr || !batch.closed || batch.writes > 0 || batch.uncommitted > 0 ||
      batch.submitted < batch.filled) {
    return;
  }
  OpenSegment& segment = *batch.segment;
  pool_.give(batch);
  --segment.batches;
  if (segment.batches == 0) finish_segment(segment);
}

void SegmentAppender::Impl::flush() {
  for (Batch& batch : pool_.all()) {
    if (batch.segment == nullptr || batch.submitted == batch.filled) continue;
    batch.wanted = true;
    submit_if_due(batch);
  }
}

void SegmentAppender::Impl::request_sync() {
  flush();
  sync_wanted_ = tickets_.issued();
  start_sync();
}

SegmentAppender::SegmentAppender(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
SegmentAppender::~SegmentAppender() = default;
SegmentAppender::SegmentAppender(SegmentAppender&&) noexcept = default;
SegmentAppender& SegmentAppender::operator=(SegmentAppender&&) noexcept = default;

std::expected<SegmentAppender, AppendFailure> SegmentAppender::open(const AppenderConfig& config) {
  CHECK(config.epoch > 0 && config.writer <= kWriterMax);
  CHECK(config.batch_bytes % kSectorBytes == 0 && config.batch_bytes > 0);
  CHECK(config.batches > config.open_segments_max && config.open_segments_max > 0);
  CHECK(config.segment_bytes >= 2 * config.batch_bytes);
  const auto path = segments_directory(config.directory);
  UniqueFd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid()) {
    return fail(AppendError::kFailed,
                fmt::format("cannot open {}: {}", path.string(), errno_text(errno)));
  }
  auto ring = Ring::create(
      {.entries = std::bit_ceil(config.batches * 4), .file_slots = config.open_segments_max * 4});
  if (!ring) return fail(AppendError::kFailed, ring.error().message);
  auto pool = BatchPool::create(config.batches, config.batch_bytes);
  if (!pool) {
    return fail(AppendError::kFailed, fmt::format("no memory for {} write buffers: {}",
                                                  config.batches, errno_text(pool.error())));
  }
  auto impl =
      std::make_unique<Impl>(config, std::move(*ring), std::move(*pool), std::move(directory));
  if (const auto ready = impl->prepare_first(config.opened_at); !ready)
    return std::unexpected(ready.error());
  return SegmentAppender(std::move(impl));
}

std::expected<Reservation, AppendError> SegmentAppender::reserve(std::uint32_t expiry_day,
                                                                 std::uint32_t bytes) {
  return impl_->reserve(expiry_day, bytes);
}
void SegmentAppender::commit(const Reservation& reservation) { impl_->commit(reservation); }
void SegmentAppender::flush() { impl_->flush(); }
void SegmentAppender::request_sync() { impl_->request_sync(); }
bool SegmentAppender::poll(UnixNs now) { return impl_->poll(now, false); }
Ticket SegmentAppender::written_ticket() const noexcept { return impl_->tickets_.written(); }
Ticket SegmentAppender::durable_ticket() const noexcept { return impl_->tickets_.durable(); }
bool SegmentAppender::take_failed(Ticket ticket) { return impl_->tickets_.take_failed(ticket); }
bool SegmentAppender::any_failed() const noexcept { return impl_->tickets_.any_failed(); }
AppendCondition SegmentAppender::condition() const noexcept { return impl_->condition_; }
const std::string& SegmentAppender::message() const noexcept { return impl_->message_; }
const AppenderStats& SegmentAppender::stats() const noexcept { return impl_->stats_; }
bool SegmentAppender::direct() const noexcept { return impl_->direct_; }
std::expected<void, AppendFailure> SegmentAppender::close(UnixNs now) { return impl_->close(now); }

}  // namespace opptak::storage
