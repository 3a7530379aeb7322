// Bounded ring of variable-size records in shared memory, one producer and one consumer, which may
// be threads of different processes. docs/channel.md tells what a crash of either side does.
//
// A record starts with a MessageHeader, is contiguous, and takes its size rounded up to 8 bytes.
// Where it does not fit before the end of the data, a header of type 0 sends the reader to the
// start. Nothing here allocates, locks or calls the system.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "dataplane/api/messages.h"
#include "storage/base/check.h"

namespace opptak::dataplane {

// Lies at the front of the ring's memory; data_bytes of data follow.
struct RingMemory {
  alignas(64) std::atomic<std::uint64_t> head{0};  // producer: write, consumer: read
  alignas(64) std::atomic<std::uint64_t> tail{0};  // consumer: write, producer: read
  alignas(64) std::uint64_t data_bytes = 0;        // Power of two; set once before use.

  [[nodiscard]] std::byte* data() noexcept {
    return reinterpret_cast<std::byte*>(this) + sizeof(RingMemory);
  }
};
static_assert(sizeof(RingMemory) == 192);

[[nodiscard]] constexpr std::uint64_t ring_bytes(std::uint64_t data_bytes) noexcept {
  return sizeof(RingMemory) + data_bytes;
}

inline constexpr std::uint64_t kRecordAlignment = 8;

[[nodiscard]] constexpr std::uint64_t record_room(std::uint64_t size_bytes) noexcept {
  return (size_bytes + kRecordAlignment - 1) & ~(kRecordAlignment - 1);
}

class RecordProducer {
 public:
  // Goes on where a predecessor stopped; what it had not published is gone.
  explicit RecordProducer(RingMemory& ring) noexcept
      : ring_(&ring), head_(ring.head.load(std::memory_order_acquire)) {}

  // Room for one record, or nullptr where the ring is too full. Also nullptr where less than
  // `keep_free_bytes` would stay free: room for records that matter more.
  [[nodiscard]] std::byte* reserve(std::uint64_t size_bytes,
                                   std::uint64_t keep_free_bytes = 0) noexcept {
    DCHECK(size_bytes >= sizeof(MessageHeader));
    const std::uint64_t room = record_room(size_bytes);
    const std::uint64_t mask = ring_->data_bytes - 1;
    const std::uint64_t to_end = ring_->data_bytes - (head_ & mask);
    const std::uint64_t needed = room <= to_end ? room : to_end + room;
    if (head_ + needed + keep_free_bytes - cached_tail_ > ring_->data_bytes) {
      cached_tail_ = ring_->tail.load(std::memory_order_acquire);
      if (head_ + needed + keep_free_bytes - cached_tail_ > ring_->data_bytes) return nullptr;
    }
    if (room > to_end) {
      constexpr MessageHeader kWrap{};
      std::memcpy(ring_->data() + (head_ & mask), &kWrap, sizeof kWrap);
      head_ += to_end;
    }
    reserved_ = room;
    return ring_->data() + (head_ & mask);
  }

  void publish() noexcept {
    head_ += reserved_;
    reserved_ = 0;
    ring_->head.store(head_, std::memory_order_release);
  }

  // A record without a tail of its own; false where there is no room.
  template <class Message>
  [[nodiscard]] bool push(Message message, std::uint16_t thread) noexcept {
    message.header = {Message::kType, thread, sizeof(Message)};
    std::byte* at = reserve(sizeof(Message));
    if (at == nullptr) return false;
    std::memcpy(at, &message, sizeof message);
    publish();
    return true;
  }

  // True where the consumer has taken everything.
  [[nodiscard]] bool drained() const noexcept {
    return ring_->tail.load(std::memory_order_acquire) == head_;
  }

 private:
  RingMemory* ring_;
  std::uint64_t head_;
  std::uint64_t cached_tail_ = 0;
  std::uint64_t reserved_ = 0;
};

class RecordConsumer {
 public:
  explicit RecordConsumer(RingMemory& ring) noexcept
      : ring_(&ring), read_(ring.tail.load(std::memory_order_acquire)), cached_head_(read_) {}

  // The next record, or nullptr where there is none. It stays valid until release().
  [[nodiscard]] const MessageHeader* next() noexcept {
    const std::uint64_t mask = ring_->data_bytes - 1;
    for (;;) {
      if (read_ == cached_head_) {
        cached_head_ = ring_->head.load(std::memory_order_acquire);
        if (read_ == cached_head_) return nullptr;
      }
      const auto* header = reinterpret_cast<const MessageHeader*>(ring_->data() + (read_ & mask));
      if (header->type != MessageType{}) {
        CHECK(header->size_bytes >= sizeof(MessageHeader) &&
              record_room(header->size_bytes) <= ring_->data_bytes - (read_ & mask));
        read_ += record_room(header->size_bytes);
        return header;
      }
      read_ += ring_->data_bytes - (read_ & mask);
    }
  }

  // Gives the room of every record that next() has returned back to the producer.
  void release() noexcept { ring_->tail.store(read_, std::memory_order_release); }

  // Skips all that is there: a predecessor's commands.
  void discard() noexcept {
    read_ = ring_->head.load(std::memory_order_acquire);
    release();
  }

 private:
  RingMemory* ring_;
  std::uint64_t read_;
  std::uint64_t cached_head_;
};

template <class Message>
[[nodiscard]] const Message& as(const MessageHeader& header) noexcept {
  DCHECK(header.type == Message::kType);
  return reinterpret_cast<const Message&>(header);
}

}  // namespace opptak::dataplane
