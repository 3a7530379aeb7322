#include "dataplane/api/counters.h"

namespace opptak::dataplane {

namespace {

using enum PacketClass;

constexpr std::array<CounterInfo, kCounterCount> kCounters{{
    {kReceived, "received", ""},
    {kSuppressed, "suppressed", "off"},
    {kSuppressed, "suppressed", "manual"},
    {kSuppressed, "suppressed", "paused"},
    {kSuppressed, "suppressed", "video"},
    {kSuppressed, "suppressed", "no_key"},
    {kSuppressed, "suppressed", "store_full"},
    {kSignalling, "signalling", "sip"},
    {kSignalling, "signalling", "sip_tcp"},
    {kSignalling, "signalling", "rtcp"},
    {kSignalling, "signalling", "keep_alive"},
    {kNotCall, "not_call", "not_ip"},
    {kNotCall, "not_call", "not_udp"},
    {kNotCall, "not_call", "fragment"},
    {kNotCall, "not_call", "not_rtp"},
    {kNotCall, "not_call", "no_signalling"},
    {kDuplicate, "duplicate", ""},
    {kMalformed, "malformed", "link"},
    {kMalformed, "malformed", "ip"},
    {kMalformed, "malformed", "udp"},
    {kMalformed, "malformed", "rtp"},
    {kMalformed, "malformed", "truncated"},
    {kMalformed, "malformed", "too_large"},
    {kDropped, "dropped", "nic"},
    {kDropped, "dropped", "control_ring"},
    {kDropped, "dropped", "waiting_room"},
    {kDropped, "dropped", "stream_table"},
    {kDropped, "dropped", "no_block"},
    {kDropped, "dropped", "crash"},
    {kDropped, "dropped", "forgotten"},
    {kStored, "stored", ""},
    {kDropped, "dropped", "writer"},
    {kDropped, "dropped", "disk"},
    {kAccepted, "accepted", ""},
    {kHeld, "held", ""},
    {kOther, "blocks", ""},
    {kOther, "blocks_flushed_early", ""},
    {kOther, "stored_bytes", ""},
    {kOther, "stored_payload_bytes", ""},
    {kOther, "streams", ""},
    {kOther, "targets", ""},
    {kOther, "recordings_open", ""},
    {kOther, "events_lost", ""},
    {kOther, "stream_restarts", ""},
}};

// Behind kAccepted: what a packet in a block can still end as.
constexpr bool is_behind_accepted(Counter counter) {
  return counter == Counter::kStored || counter == Counter::kDroppedWriter ||
         counter == Counter::kDroppedDisk || counter == Counter::kDroppedForgotten;
}

}  // namespace

const CounterInfo& counter_info(Counter counter) noexcept {
  return kCounters[static_cast<std::size_t>(counter)];
}

PacketTotals sum_packets(std::span<const CounterPage> pages) noexcept {
  PacketTotals totals;
  std::uint64_t in_blocks = 0;
  for (const CounterPage& page : pages) {
    for (std::size_t i = 0; i < kCounterCount; ++i) {
      const auto counter = static_cast<Counter>(i);
      const std::uint64_t value = page.get(counter);
      if (is_behind_accepted(counter)) in_blocks -= value;
      switch (counter_info(counter).packet_class) {
        case kReceived:
          totals.received += value;
          break;
        case kStored:
          totals.stored += value;
          break;
        case kSuppressed:
          totals.suppressed += value;
          break;
        case kSignalling:
          totals.signalling += value;
          break;
        case kNotCall:
          totals.not_call += value;
          break;
        case kDuplicate:
          totals.duplicate += value;
          break;
        case kMalformed:
          totals.malformed += value;
          break;
        case kDropped:
          totals.dropped += value;
          break;
        case kAccepted:
          in_blocks += value;
          break;
        case kHeld:
          totals.pending += value;
          break;
        case kOther:
          break;
      }
    }
  }
  totals.pending += in_blocks;
  return totals;
}

}  // namespace opptak::dataplane
