// Bounded memory for RTP that arrives before control has decided about its call (G3): a ring of
// packets in order of arrival, chained per stream. All wait equally long, so the oldest is always
// at the front. One owner thread; the memory is taken (not touched) at construction, locked where
// the limits allow, and kept out of core dumps.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

#include <sys/mman.h>

#include "storage/base/check.h"

namespace opptak::dataplane {

struct HeldPacket {
  std::uint64_t arrival_us;
  std::uint64_t next_of_stream;  // Position + 1; 0: last.
  std::uint32_t stream;          // kNobody once it has been taken.
  std::uint32_t payload_bytes;   // UDP payload; follows this header.
  std::uint32_t room_bytes;      // To the next held packet.
  std::uint32_t zero;

  static constexpr std::uint32_t kNobody = 0xffffffff;

  [[nodiscard]] std::span<const std::uint8_t> payload() const noexcept {
    return {reinterpret_cast<const std::uint8_t*>(this + 1), payload_bytes};
  }
};

class WaitingRoom {
 public:
  explicit WaitingRoom(std::uint64_t bytes) : bytes_(std::bit_ceil(bytes)) {
    void* memory = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(memory != MAP_FAILED);
    base_ = static_cast<std::uint8_t*>(memory);
    madvise(memory, bytes_, MADV_DONTDUMP);
    (void)mlock2(memory, bytes_, MLOCK_ONFAULT);  // Needs a limit that doctor reports on.
  }
  WaitingRoom(const WaitingRoom&) = delete;
  WaitingRoom& operator=(const WaitingRoom&) = delete;
  ~WaitingRoom() { munmap(base_, bytes_); }

  // Copies the payload in; its position, or kFull.
  static constexpr std::uint64_t kFull = ~std::uint64_t{0};
  [[nodiscard]] std::uint64_t hold(std::uint32_t stream, std::uint64_t arrival_us,
                                   std::span<const std::uint8_t> payload) noexcept {
    const std::uint64_t room = (sizeof(HeldPacket) + payload.size() + 7) & ~std::uint64_t{7};
    const std::uint64_t to_end = bytes_ - (head_ & (bytes_ - 1));
    const bool wraps = room > to_end;
    if (head_ + (wraps ? to_end : 0) + room - tail_ > bytes_) return kFull;
    if (wraps) {
      if (to_end >= sizeof(HeldPacket)) {
        at(head_) = {0, 0, HeldPacket::kNobody, 0, static_cast<std::uint32_t>(to_end), 0};
      }
      head_ += to_end;
    }
    const std::uint64_t position = head_;
    HeldPacket& held = at(position);
    held = {arrival_us,
            0,
            stream,
            static_cast<std::uint32_t>(payload.size()),
            static_cast<std::uint32_t>(room),
            0};
    std::memcpy(&held + 1, payload.data(), payload.size());
    head_ += room;
    return position;
  }

  [[nodiscard]] HeldPacket& at(std::uint64_t position) noexcept {
    return *reinterpret_cast<HeldPacket*>(base_ + (position & (bytes_ - 1)));
  }

  // The oldest packet, or nullptr; pop() lets it go and wipes it.
  [[nodiscard]] HeldPacket* front() noexcept {
    for (;;) {
      if (tail_ == head_) return nullptr;
      const std::uint64_t to_end = bytes_ - (tail_ & (bytes_ - 1));
      if (to_end < sizeof(HeldPacket)) {
        tail_ += to_end;
        continue;
      }
      HeldPacket& oldest = at(tail_);
      if (oldest.stream != HeldPacket::kNobody) return &oldest;
      tail_ += oldest.room_bytes;
    }
  }
  // Marks a packet as taken and wipes what was heard in it.
  static void take(HeldPacket& held) noexcept {
    std::memset(&held + 1, 0, held.payload_bytes);
    held.stream = HeldPacket::kNobody;
  }

 private:
  std::uint8_t* base_ = nullptr;
  std::uint64_t bytes_;
  std::uint64_t head_ = 0;
  std::uint64_t tail_ = 0;
};

}  // namespace opptak::dataplane
