// Appends sealed blocks to segment files through io_uring: O_DIRECT, registered batch buffers and
// files. Blocks are placed by expiry day, so that whole segments expire together.
//
// Life of a block: reserve() gives room inside a batch buffer; the caller seals into it; commit()
// releases it for writing. Full batches are written on their own, part-filled ones by flush().
// Tickets count reservations from 1; the watermarks tell how far all of them have come.
//
// One owning thread. Nothing waits for the disk but open() and close(); making and cutting segment
// files, once a segment, are the only other system calls beside the ring's. Failures
// of the disk are reported by ticket and by condition(); space that comes back is used again.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "storage/base/durability.h"
#include "storage/base/failure.h"
#include "storage/base/time.h"
#include "storage/segment/layout.h"

namespace opptak::storage {

enum class AppendError : std::uint8_t {
  kBusy,    // No free batch buffer: poll() and try again.
  kFull,    // The file system has no room for a segment.
  kFailed,  // The disk or the ring fails; message() says how.
};
using AppendFailure = Failure<AppendError>;

enum class AppendCondition : std::uint8_t { kOk, kFull, kFailing };

using Ticket = std::uint64_t;

struct AppenderConfig {
  std::filesystem::path directory;  // The store, not its segments/.
  StoreId store{};
  std::uint32_t epoch = 0;   // From advance_epoch().
  std::uint32_t writer = 0;  // Index, unique among the store's writers.
  std::uint64_t segment_bytes = 256U << 20;
  std::uint32_t batch_bytes = 1U << 20;      // Also the largest block.
  std::uint32_t batches = 32;                // Buffers; memory is batch_bytes times this.
  std::uint32_t open_segments_max = 8;       // Expiry days in use at once; the idlest is sealed.
  std::uint64_t free_bytes_min = 64U << 20;  // Left on the file system for keys and catalogue.
  Durability durability = Durability::kFull;
  UnixNs opened_at;  // Stamps segments until the first poll().
};

struct Reservation {
  std::span<std::uint8_t> block;  // Sector aligned. Contents are undefined: fill all of it.
  SegmentId segment = 0;
  std::uint64_t offset_bytes = 0;
  Ticket ticket = 0;
  std::uint32_t batch = 0;  // Appender's own.
};

struct AppenderStats {
  std::uint64_t blocks = 0;
  std::uint64_t bytes_written = 0;  // Padding, headers and footers included.
  std::uint64_t writes = 0;
  std::uint64_t syncs = 0;
  std::uint64_t write_errors = 0;
  std::uint64_t sync_errors = 0;
  std::uint64_t segments_created = 0;
  std::uint64_t busy = 0;           // reserve() found no buffer.
  std::uint64_t last_write_ns = 0;  // Submission to completion.
  std::uint64_t last_sync_ns = 0;
};

class SegmentAppender {
 public:
  [[nodiscard]] static std::expected<SegmentAppender, AppendFailure> open(
      const AppenderConfig& config);
  // Without close() before, what is in flight is waited for and nothing is sealed, as in a crash.
  ~SegmentAppender();
  SegmentAppender(SegmentAppender&&) noexcept;
  SegmentAppender& operator=(SegmentAppender&&) noexcept;

  // `bytes`: a multiple of kSectorBytes, at most batch_bytes. Tickets count up by one.
  [[nodiscard]] std::expected<Reservation, AppendError> reserve(std::uint32_t expiry_day,
                                                                std::uint32_t bytes);
  // Each reservation is committed exactly once, in any order.
  void commit(const Reservation& reservation);

  // Submits everything committed that stands in part-filled batches.
  void flush();

  // Everything committed before this call becomes durable as soon as it is written: flushes, then
  // syncs behind it. Calls while a sync is under way are joined into the next.
  void request_sync();

  // Reaps completions and drives syncs. `now` stamps new segments and paces retries on a full
  // disk. Returns true if anything moved.
  bool poll(UnixNs now);

  // Every ticket <= this has been written or has failed.
  [[nodiscard]] Ticket written_ticket() const noexcept;
  // Every ticket <= this is durable or has failed.
  [[nodiscard]] Ticket durable_ticket() const noexcept;
  // True, once, if the block of this ticket was lost: its write or the sync behind it failed.
  // Ask for each ticket when the durable watermark passes it.
  [[nodiscard]] bool take_failed(Ticket ticket);
  [[nodiscard]] bool any_failed() const noexcept;

  [[nodiscard]] AppendCondition condition() const noexcept;
  // Why the condition is not kOk, for the log; empty when it is.
  [[nodiscard]] const std::string& message() const noexcept;
  [[nodiscard]] const AppenderStats& stats() const noexcept;
  // False where the file system refuses O_DIRECT and pages are cached.
  [[nodiscard]] bool direct() const noexcept;

  // Writes, syncs and seals everything; waits for it. Nothing may be reserved afterwards. An
  // error says that some ticket failed or a segment could not be sealed.
  [[nodiscard]] std::expected<void, AppendFailure> close(UnixNs now);

 private:
  class Impl;
  explicit SegmentAppender(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace opptak::storage
