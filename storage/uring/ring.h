// io_uring (liburing 2.3) as storage uses it: one ring per owning thread, operations queued in
// batches, completions reaped mostly without a system call. The only code that sees <liburing.h>.
//
// Offsets and lengths in bytes. Buffers and the memory that operations point to must live until
// their completion is reaped. Not thread safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <span>

#include "storage/base/failure.h"

namespace opptak::storage {

enum class RingError : std::uint8_t {
  kUnavailable,  // The kernel has no io_uring for us: too old, disabled, or forbidden.
  kResources,    // Locked memory or descriptors have run out.
  kSystem,       // Any other errno; the message names it.
};
using RingFailure = Failure<RingError>;

struct Completion {
  std::uint64_t user_data;
  std::int32_t result;  // As the system call: >= 0, or -errno.
};

// A file as an operation names it: a slot of the registered table, or a plain descriptor.
struct RingFile {
  int value = -1;
  bool registered = false;
};

class Ring {
 public:
  struct Config {
    std::uint32_t entries = 256;   // Operations that may be queued between two submits.
    std::uint32_t file_slots = 0;  // Size of the registered table; 0: none.
  };

  [[nodiscard]] static std::expected<Ring, RingFailure> create(const Config& config);
  ~Ring();
  Ring(Ring&&) noexcept;
  Ring& operator=(Ring&&) noexcept;

  // Registers the buffers that write_fixed() names by index. Where the kernel refuses (locked
  // memory limit), writes still work, unregistered; buffers_registered() tells.
  void register_buffers(std::span<const std::span<std::uint8_t>> buffers);
  [[nodiscard]] bool buffers_registered() const noexcept;

  // Puts a descriptor into a free slot. Falls back to the descriptor itself where no slot is left.
  [[nodiscard]] RingFile register_file(int descriptor) noexcept;
  void unregister_file(RingFile file) noexcept;  // The descriptor stays the caller's to close.

  // Queueing. A full queue is submitted on the way; false when the kernel takes nothing: reap, try
  // again. `user_data` comes back with the completion.
  [[nodiscard]] bool write_fixed(RingFile file, std::uint16_t buffer,
                                 std::span<const std::uint8_t> from, std::uint64_t offset_bytes,
                                 std::uint64_t user_data) noexcept;
  [[nodiscard]] bool read(RingFile file, std::span<std::uint8_t> to, std::uint64_t offset_bytes,
                          std::uint64_t user_data) noexcept;
  [[nodiscard]] bool fdatasync(RingFile file, std::uint64_t user_data) noexcept;
  [[nodiscard]] bool fsync(RingFile file, std::uint64_t user_data) noexcept;
  [[nodiscard]] bool allocate(RingFile file, std::uint64_t offset_bytes, std::uint64_t bytes,
                              std::uint64_t user_data) noexcept;
  // FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE.
  [[nodiscard]] bool punch(RingFile file, std::uint64_t offset_bytes, std::uint64_t bytes,
                           std::uint64_t user_data) noexcept;
  // `name` must live until the completion.
  [[nodiscard]] bool unlink(int directory, const char* name, std::uint64_t user_data) noexcept;

  // Hands everything queued to the kernel. Returns operations handed over.
  std::uint32_t submit() noexcept;

  // Takes completions that are there and calls `fn` for each; with `wait`, submits what is queued
  // and sleeps until there is at least one, as long as any operation is in flight.
  std::uint32_t reap(const std::function<void(const Completion&)>& fn, bool wait = false);

  // Operations queued or submitted whose completion was not reaped yet.
  [[nodiscard]] std::uint32_t in_flight() const noexcept;

 private:
  struct Impl;
  explicit Ring(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace opptak::storage
