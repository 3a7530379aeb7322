// One direction of RTP (or RTCP) on the wire and where its packets go. Three cache lines that the
// packet path touches, and a cold part beside them. One owner thread.
#pragma once

#include <cstdint>
#include <vector>

#include "dataplane/api/messages.h"
#include "dataplane/stream/hash.h"
#include "dataplane/stream/hash_index.h"
#include "dataplane/stream/sequence_window.h"
#include "storage/block/packet_record.h"

namespace opptak::dataplane {

inline constexpr std::uint32_t kNoSlot = 0xffffffff;

enum class StreamKind : std::uint8_t { kRtp = 1, kRtcp = 2 };

// 48 bytes without padding, compared and hashed as words.
struct FlowKey {
  IpAddress src_address{};
  IpAddress dst_address{};
  std::uint16_t src_port = 0;
  std::uint16_t dst_port = 0;
  std::uint32_t ssrc = 0;
  StreamKind kind = StreamKind::kRtp;
  std::uint8_t zero[7]{};

  bool operator==(const FlowKey&) const = default;
  [[nodiscard]] std::uint64_t hash() const noexcept { return hash_words<48>(this); }
  [[nodiscard]] Endpoint src() const noexcept { return {src_address, src_port}; }
  [[nodiscard]] Endpoint dst() const noexcept { return {dst_address, dst_port}; }
};
static_assert(sizeof(FlowKey) == 48);

enum class StreamState : std::uint8_t {
  kFree,
  kWaiting,     // No target yet: packets are held for the decision wait (G3).
  kUnknown,     // No signalling spoke of it, or its target is gone: packets are no call's.
  kSuppressed,  // Bound to a target that keeps nothing.
  kRecording,   // Bound to a target that records.
  kSignalling,  // RTCP of a call.
};

struct alignas(64) Stream {
  FlowKey key;
  std::uint32_t target = kNoEntry;
  std::uint32_t slot = kNoSlot;  // Block being filled.
  StreamState state = StreamState::kFree;
  Side speaker = Side::kCaller;
  std::uint16_t sequence_highest = 0;
  std::uint32_t block_used = 0;  // Plaintext bytes used in the block, head included.
  // Second line.
  storage::RecordState record;
  std::uint32_t block_packets = 0;
  std::uint32_t block_payload_bytes = 0;
  std::uint64_t last_arrival_us = 0;
  std::uint64_t packets = 0;  // Of this binding: appended or suppressed.
  // Third line.
  SequenceWindow window;
};
static_assert(sizeof(Stream) == 192);

// Touched at a stream's start and end, and when something is wrong with a packet.
struct StreamDetails {
  UnixNs first_arrival;
  std::uint64_t duplicates = 0;
  std::uint64_t reordered = 0;
  std::uint64_t dropped = 0;
  std::uint64_t lost_before = 0;       // In runs that ended with a restart.
  std::uint64_t run_packets = 0;       // Unique packets of this run.
  std::uint16_t sequence_first = 0;    // Lowest of the run.
  std::uint32_t sequence_cycles = 0;   // Times the sequence number wrapped in the run.
  std::uint32_t dst_point = kNoEntry;  // MediaPoint entries.
  std::uint32_t src_point = kNoEntry;
  std::uint32_t next_same_dst = kNoEntry;
  std::uint32_t next_same_src = kNoEntry;
  std::uint64_t held_first = 0;  // Waiting room positions + 1; 0: none.
  std::uint64_t held_last = 0;
  std::uint32_t next_free = kNoEntry;
};

class StreamTable {
 public:
  explicit StreamTable(std::uint32_t streams_max)
      : index_(streams_max), streams_(streams_max), details_(streams_max) {
    for (std::uint32_t i = streams_max; i-- > 0;) give_back(i);
  }

  void prefetch(std::uint64_t hash) const noexcept { index_.prefetch(hash); }
  [[nodiscard]] std::uint32_t find(std::uint64_t hash, const FlowKey& key) const noexcept {
    return index_.find(hash, [&](std::uint32_t i) { return streams_[i].key == key; });
  }
  // kNoEntry where the table is full.
  [[nodiscard]] std::uint32_t insert(std::uint64_t hash, const FlowKey& key) noexcept {
    if (first_free_ == kNoEntry) return kNoEntry;
    const std::uint32_t entry = first_free_;
    first_free_ = details_[entry].next_free;
    streams_[entry] = {};
    details_[entry] = {};
    streams_[entry].key = key;
    index_.insert(hash, entry);
    ++size_;
    if (entry >= used_) used_ = entry + 1;
    return entry;
  }
  void erase(std::uint32_t entry) noexcept {
    index_.erase(streams_[entry].key.hash(), entry);
    streams_[entry].state = StreamState::kFree;
    give_back(entry);
    --size_;
  }

  [[nodiscard]] Stream& at(std::uint32_t entry) noexcept { return streams_[entry]; }
  [[nodiscard]] StreamDetails& details(std::uint32_t entry) noexcept { return details_[entry]; }
  [[nodiscard]] std::uint32_t size() const noexcept { return size_; }
  [[nodiscard]] std::uint32_t used() const noexcept { return used_; }  // Entries below: maybe live.

 private:
  void give_back(std::uint32_t entry) noexcept {
    details_[entry].next_free = first_free_;
    first_free_ = entry;
  }

  HashIndex index_;
  std::vector<Stream> streams_;
  std::vector<StreamDetails> details_;
  std::uint32_t first_free_ = kNoEntry;
  std::uint32_t size_ = 0;
  std::uint32_t used_ = 0;
};

}  // namespace opptak::dataplane
