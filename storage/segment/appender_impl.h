// Inside storage/segment: the appender in three parts.
//   appender.cc           reservations and batches
//   appender_segments.cc  segment files: made ahead, opened, sealed
//   appender_io.cc        completions and syncs
#pragma once

#include <list>
#include <memory>
#include <string>
#include <vector>

#include "storage/base/file.h"
#include "storage/segment/appender.h"
#include "storage/segment/batch_pool.h"
#include "storage/segment/ticket_window.h"
#include "storage/uring/ring.h"

namespace opptak::storage {

enum class SegmentPhase : std::uint8_t {
  kAllocating,  // The spare: its space is being allocated.
  kReady,       // The spare: may be opened.
  kOpen,        // Takes blocks.
  kSealing,     // Its footer is on the way.
  kAbandoned,   // A write failed: what is in flight is waited for, nothing more is put in.
  kSealed,      // Cut at its end; waits for a sync, then it is let go.
};

struct OpenSegment {
  UniqueFd descriptor;
  RingFile file;
  SegmentId id = 0;
  std::uint32_t number = 0;  // The id's counter.
  std::uint32_t expiry_day = 0;
  std::uint64_t size_bytes = 0;
  std::uint64_t append_offset = 0;
  std::uint64_t blocks = 0;
  std::uint64_t last_used = 0;  // Ticket.
  Batch* current = nullptr;
  std::uint32_t batches = 0;  // Attached to it, current one included.
  SegmentPhase phase = SegmentPhase::kAllocating;
  bool dirty = false;  // Written to since the last sync began.
  bool syncing = false;
};

class SegmentAppender::Impl {
 public:
  Impl(const AppenderConfig& config, Ring ring, BatchPool pool, UniqueFd directory);
  ~Impl();

  std::expected<Reservation, AppendError> reserve(std::uint32_t expiry_day, std::uint32_t bytes);
  void commit(const Reservation& reservation);
  void flush();
  void request_sync();
  bool poll(UnixNs now, bool wait);
  std::expected<void, AppendFailure> close(UnixNs now);
  // The first segment, waited for, so that a store that cannot be written shows at once.
  std::expected<void, AppendFailure> prepare_first(UnixNs now);

  AppenderConfig config_;
  TicketWindow tickets_;
  AppenderStats stats_;
  AppendCondition condition_ = AppendCondition::kOk;
  std::string message_;
  bool direct_ = true;

 private:
  // What a completion belongs to.
  struct Write {
    Batch* batch = nullptr;
    OpenSegment* segment = nullptr;
    std::uint64_t file_offset = 0;
    std::uint32_t from = 0;  // In the batch's memory.
    std::uint32_t bytes = 0;
    std::uint32_t attempts = 0;
    std::uint64_t started_ns = 0;
    std::vector<Ticket> tickets;
  };

  // appender.cc
  std::expected<OpenSegment*, AppendError> segment_for(std::uint32_t expiry_day,
                                                       std::uint32_t bytes);
  bool attach_batch(OpenSegment& segment);
  void close_batch(OpenSegment& segment);
  void submit_if_due(Batch& batch);
  bool submit(Batch& batch);
  bool queue_write(std::uint32_t slot);
  void release_if_done(Batch& batch);

  // appender_segments.cc
  void make_spare();
  bool try_allocate(std::uint64_t bytes);
  void spare_allocated(std::int32_t result);
  void drop_spare();
  AppendError refuse_without_spare();
  OpenSegment& open_spare(std::uint32_t expiry_day);
  void seal(OpenSegment& segment);
  void finish_segment(OpenSegment& segment);
  void abandon(OpenSegment& segment);
  void retire_segments();

  // appender_io.cc
  void on_completion(const Completion& completion);
  void write_done(std::uint32_t slot, std::int32_t result);
  void sync_done(std::uint32_t number, std::int32_t result);
  void directory_synced(std::int32_t result);
  bool start_sync();
  void finish_sync();
  void set_condition(AppendCondition condition, std::string message);
  bool drained() const noexcept;

  Ring ring_;
  BatchPool pool_;
  UniqueFd directory_;
  std::list<OpenSegment> segments_;  // Stable addresses; the spare is not among them.
  std::unique_ptr<OpenSegment> spare_;
  std::uint64_t spare_bytes_ = 0;  // Size to try next: halved while the disk is full.
  std::uint32_t next_number_ = 1;
  UnixNs now_;
  UnixNs retry_at_;  // Next attempt to make a spare after a failure.
  std::vector<Write> writes_;
  std::vector<std::uint32_t> free_writes_;
  Ticket sync_wanted_ = 0;
  Ticket sync_target_ = 0;  // Of the sync under way.
  std::uint32_t syncs_in_flight_ = 0;
  bool sync_running_ = false;
  bool sync_segments_ = false;  // Sealed segments wait for a sync.
  bool directory_dirty_ = false;
  bool closing_ = false;
  bool lost_ = false;  // Some ticket or segment has failed since open.
  std::uint64_t sync_started_ns_ = 0;
};

// Completion tags: kind in the top byte, index below.
enum class Operation : std::uint8_t { kWrite = 1, kAllocate, kSync, kDirectorySync };
[[nodiscard]] constexpr std::uint64_t tag_of(Operation operation, std::uint32_t index) noexcept {
  return std::uint64_t{static_cast<std::uint8_t>(operation)} << 56 | index;
}

[[nodiscard]] std::uint64_t steady_ns() noexcept;

}  // namespace opptak::storage
