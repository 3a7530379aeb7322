// G1: every packet that entered a port ends in exactly one counter, or is pending. One page of
// counters per worker and per writer lies in the channel's memory; only that thread writes it,
// anyone may read it at any time. The pages outlive the processes.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace opptak::dataplane {

enum class Counter : std::uint8_t {
  // Where packets come from.
  kReceived,  // Frames that the port handed over or reported as lost.
  // Final, by class. Workers write these...
  kSuppressedOff,
  kSuppressedManual,
  kSuppressedPaused,
  kSuppressedVideo,
  kSuppressedNoKey,
  kSuppressedStoreFull,
  kSignallingSip,
  kSignallingSipTcp,
  kSignallingRtcp,
  kSignallingKeepAlive,
  kNotCallNotIp,
  kNotCallNotUdp,        // IP, but neither UDP nor TCP of a SIP port.
  kNotCallFragment,      // IP fragments: not put together in this version.
  kNotCallNotRtp,        // UDP that is neither RTP, RTCP nor SIP.
  kNotCallNoSignalling,  // RTP or RTCP of which no signalling spoke within the decision wait.
  kDuplicate,            // Sequence number already stored for the stream.
  kMalformedLink,        // Link or VLAN header cut short, or a link type that is not known.
  kMalformedIp,
  kMalformedUdp,
  kMalformedRtp,        // Header extension, CSRCs or padding past the end.
  kMalformedTruncated,  // The capture or the port kept less than the packet's length.
  kMalformedTooLarge,   // Does not fit into a block.
  kDroppedNic,          // Lost by the port or its driver before us.
  kDroppedControlRing,  // Signalling that control did not take in time.
  kDroppedWaitingRoom,  // No memory left for RTP that waits for a decision.
  kDroppedStreamTable,  // No room for another stream.
  kDroppedNoBlock,      // No free block: the writers cannot follow.
  kDroppedCrash,        // In the memory of a process that died.
  kDroppedForgotten,    // In blocks of a recording that control no longer knew.
  // ... and writers these.
  kStored,         // Durable in the store.
  kDroppedWriter,  // Could not be sealed or placed.
  kDroppedDisk,    // The disk refused it.
  // Not final: between worker and writer.
  kAccepted,  // Put into a block. Accepted - stored - dropped behind = pending in blocks.
  kHeld,      // Gauge: RTP that waits for a decision.
  // Not about packets.
  kBlocks,  // Blocks sealed and durable.
  kBlocksFlushedEarly,
  kBytesStored,  // Block bytes durable on disk.
  kPayloadBytesStored,
  kStreams,         // Gauge: streams in the table.
  kTargets,         // Gauge
  kRecordingsOpen,  // Gauge (writers)
  kEventsLost,      // Events that did not fit into the ring to control.
  kStreamRestarts,  // A sequence that started anew under the same SSRC.
  kCount,
};

inline constexpr std::size_t kCounterCount = static_cast<std::size_t>(Counter::kCount);

// The classes of G1, as `opptak replay --json` prints them; and what is none of them.
enum class PacketClass : std::uint8_t {
  kReceived,
  kStored,
  kSuppressed,
  kSignalling,
  kNotCall,
  kDuplicate,
  kMalformed,
  kDropped,
  kAccepted,
  kHeld,
  kOther,
};

struct CounterInfo {
  PacketClass packet_class;
  std::string_view class_name;  // "suppressed"; for kOther the metric's own name.
  std::string_view cause;       // "off"; empty where the class has one counter only.
};

[[nodiscard]] const CounterInfo& counter_info(Counter counter) noexcept;

struct alignas(64) CounterPage {
  std::array<std::atomic<std::uint64_t>, 64> values{};  // owner thread: write, all: read

  void add(Counter counter, std::uint64_t n = 1) noexcept {
    auto& value = values[static_cast<std::size_t>(counter)];
    value.store(value.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void subtract(Counter counter, std::uint64_t n = 1) noexcept { add(counter, ~n + 1); }
  void set(Counter counter, std::uint64_t n) noexcept {
    values[static_cast<std::size_t>(counter)].store(n, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t get(Counter counter) const noexcept {
    return values[static_cast<std::size_t>(counter)].load(std::memory_order_relaxed);
  }
};
static_assert(kCounterCount <= 64);

// Sums over all pages. `pending` is measured, not derived from the rest: what waits for a decision
// plus what lies in blocks that are not durable yet. balanced() is therefore a real check; it can
// be momentarily off by what moved between two reads while packets flow.
struct PacketTotals {
  std::uint64_t received = 0;
  std::uint64_t stored = 0;
  std::uint64_t suppressed = 0;
  std::uint64_t signalling = 0;
  std::uint64_t not_call = 0;
  std::uint64_t duplicate = 0;
  std::uint64_t malformed = 0;
  std::uint64_t dropped = 0;
  std::uint64_t pending = 0;

  [[nodiscard]] std::uint64_t final_sum() const noexcept {
    return stored + suppressed + signalling + not_call + duplicate + malformed + dropped;
  }
  [[nodiscard]] bool balanced() const noexcept { return received == final_sum() + pending; }
};

[[nodiscard]] PacketTotals sum_packets(std::span<const CounterPage> pages) noexcept;

}  // namespace opptak::dataplane
