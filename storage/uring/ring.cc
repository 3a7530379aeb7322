#include "storage/uring/ring.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <liburing.h>
#include <sys/uio.h>

#include "storage/base/check.h"

namespace opptak::storage {

struct Ring::Impl {
  io_uring ring{};
  bool ready = false;
  bool buffers = false;
  std::vector<bool> slots;
  std::uint32_t in_flight = 0;

  Impl() = default;
  ~Impl() {
    if (ready) io_uring_queue_exit(&ring);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  io_uring_sqe* next_entry() noexcept {
    io_uring_sqe* entry = io_uring_get_sqe(&ring);
    if (entry == nullptr) {
      io_uring_submit(&ring);
      entry = io_uring_get_sqe(&ring);
    }
    return entry;
  }

  bool finish(io_uring_sqe* entry, RingFile file, std::uint64_t user_data) noexcept {
    if (file.registered) entry->flags |= IOSQE_FIXED_FILE;
    io_uring_sqe_set_data64(entry, user_data);
    ++in_flight;
    return true;
  }

  std::uint32_t take(const std::function<void(const Completion&)>& fn) {
    std::array<io_uring_cqe*, 64> batch;
    std::uint32_t total = 0;
    for (;;) {
      const unsigned count =
          io_uring_peek_batch_cqe(&ring, batch.data(), static_cast<unsigned>(batch.size()));
      if (count == 0) return total;
      for (unsigned i = 0; i < count; ++i) {
        const Completion completion{batch[i]->user_data, batch[i]->res};
        --in_flight;
        fn(completion);
      }
      io_uring_cq_advance(&ring, count);
      total += count;
    }
  }
};

namespace {

RingFailure failure_of(int error) {
  if (error == ENOSYS || error == EPERM) {
    return {RingError::kUnavailable,
            fmt::format("io_uring is not available ({}): Opptak needs Linux 5.15 or later with "
                        "kernel.io_uring_disabled=0",
                        std::strerror(error))};
  }
  if (error == ENOMEM || error == EMFILE || error == ENFILE) {
    return {RingError::kResources,
            fmt::format("io_uring cannot be set up ({}): raise the limits of locked memory and of "
                        "open files",
                        std::strerror(error))};
  }
  return {RingError::kSystem, fmt::format("io_uring cannot be set up: {}", std::strerror(error))};
}

}  // namespace

Ring::Ring(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Ring::~Ring() = default;
Ring::Ring(Ring&&) noexcept = default;
Ring& Ring::operator=(Ring&&) noexcept = default;

std::expected<Ring, RingFailure> Ring::create(const Config& config) {
  // COOP_TASKRUN spares the interrupts, TASKRUN_FLAG tells when a system call is needed to reap.
  // Kernels before 5.19 refuse both.
  auto impl = std::make_unique<Impl>();
  int result = io_uring_queue_init(config.entries, &impl->ring,
                                   IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG);
  if (result == -EINVAL) result = io_uring_queue_init(config.entries, &impl->ring, 0);
  if (result < 0) return std::unexpected(failure_of(-result));
  impl->ready = true;
  if (config.file_slots > 0 &&
      io_uring_register_files_sparse(&impl->ring, config.file_slots) == 0) {
    impl->slots.resize(config.file_slots);
  }
  return Ring(std::move(impl));
}

void Ring::register_buffers(std::span<const std::span<std::uint8_t>> buffers) {
  std::vector<iovec> vectors;
  vectors.reserve(buffers.size());
  for (const auto& buffer : buffers) vectors.push_back({buffer.data(), buffer.size()});
  impl_->buffers = io_uring_register_buffers(&impl_->ring, vectors.data(),
                                             static_cast<unsigned>(vectors.size())) == 0;
}

bool Ring::buffers_registered() const noexcept { return impl_->buffers; }

RingFile Ring::register_file(int descriptor) noexcept {
  const auto slot = std::find(impl_->slots.begin(), impl_->slots.end(), false);
  if (slot == impl_->slots.end()) return {descriptor, false};
  const auto index = static_cast<unsigned>(slot - impl_->slots.begin());
  if (io_uring_register_files_update(&impl_->ring, index, &descriptor, 1) != 1) {
    return {descriptor, false};
  }
  *slot = true;
  return {static_cast<int>(index), true};
}

void Ring::unregister_file(RingFile file) noexcept {
  if (!file.registered) return;
  const int none = -1;
  io_uring_register_files_update(&impl_->ring, static_cast<unsigned>(file.value), &none, 1);
  impl_->slots[static_cast<std::size_t>(file.value)] = false;
}

bool Ring::write_fixed(RingFile file, std::uint16_t buffer, std::span<const std::uint8_t> from,
                       std::uint64_t offset_bytes, std::uint64_t user_data) noexcept {
  io_uring_sqe* entry = impl_->next_entry();
  if (entry == nullptr) return false;
  const auto bytes = static_cast<unsigned>(from.size());
  if (impl_->buffers) {
    io_uring_prep_write_fixed(entry, file.value, from.data(), bytes, offset_bytes, buffer);
  } else {
    io_uring_prep_write(entry, file.value, from.data(), bytes, offset_bytes);
  }
  return impl_->finish(entry, file, user_data);
}

bool Ring::read(RingFile file, std::span<std::uint8_t> to, std::uint64_t offset_bytes,
                std::uint64_t user_data) noexcept {
  io_uring_sqe* entry = impl_->next_entry();
  if (entry == nullptr) return false;
  io_uring_prep_read(entry, file.value, to.data(), static_cast<unsigned>(to.size()), offset_bytes);
  return impl_->finish(entry, file, user_data);
}

bool Ring::fdatasync(RingFile file, std::uint64_t user_data) noexcept {
  io_uring_sqe* entry = impl_->next_entry();
  if (entry == nullptr) return false;
  io_uring_prep_fsync(entry, file.value, IORING_FSYNC_DATASYNC);
  return impl_->finish(entry, file, user_data);
}

bool Ring::fsync(RingFile file, std::uint64_t user_data) noexcept {
  io_uring_sqe* entry = impl_->next_entry();
  if (entry == nullptr) return false;
  io_uring_prep_fsync(entry, file.value, 0);
  return impl_->finish(entry, file, user_data);
}

bool Ring::allocate(RingFile file, std::uint64_t offset_bytes, std::uint64_t bytes,
                    std::uint64_t user_data) noexcept {
  io_uring_sqe* entry = impl_->next_entry();
  if (entry == nullptr) return false;
  io_uring_prep_fallocate(entry, file.value, 0, static_cast<off_t>(offset_bytes),
                          static_cast<off_t>(bytes));
  return impl_->finish(entry, file, user_data);
}

bool Ring::punch(RingFile file, std::uint64_t offset_bytes, std::uint64_t bytes,
                 std::uint64_t user_data) noexcept {
  io_uring_sqe* entry = impl_->next_entry();
  if (entry == nullptr) return false;
  io_uring_prep_fallocate(entry, file.value, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                          static_cast<off_t>(offset_bytes), static_cast<off_t>(bytes));
  return impl_->finish(entry, file, user_data);
}

bool Ring::unlink(int directory, const char* name, std::uint64_t user_data) noexcept {
  io_uring_sqe* entry = impl_->next_entry();
  if (entry == nullptr) return false;
  io_uring_prep_unlinkat(entry, directory, name, 0);
  return impl_->finish(entry, {}, user_data);
}

std::uint32_t Ring::submit() noexcept {
  // EAGAIN and EBUSY leave the entries queued: the next submit() takes them.
  const int submitted = io_uring_submit(&impl_->ring);
  return submitted > 0 ? static_cast<std::uint32_t>(submitted) : 0;
}

std::uint32_t Ring::reap(const std::function<void(const Completion&)>& fn, bool wait) {
  std::uint32_t reaped = impl_->take(fn);
  while (wait && reaped == 0 && impl_->in_flight > 0) {
    const int result = io_uring_submit_and_wait(&impl_->ring, 1);
    CHECK(result >= 0 || result == -EINTR || result == -EAGAIN || result == -EBUSY);
    reaped = impl_->take(fn);
  }
  return reaped;
}

std::uint32_t Ring::in_flight() const noexcept { return impl_->in_flight; }

}  // namespace opptak::storage
