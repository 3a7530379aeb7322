// The packet path, from a burst of frames to records in blocks. Costs are in comments as cache
// lines touched per packet at many streams; bench/path_bench.cc measures them.
#include <algorithm>

#include "dataplane/worker/worker.h"

namespace opptak::dataplane {

namespace {

constexpr std::uint64_t to_us(UnixNs time) {
  return static_cast<std::uint64_t>(time.value / kNsPerUs);
}

constexpr Counter counter_of(ParseResult result) {
  switch (result) {
    case ParseResult::kNotIp:
      return Counter::kNotCallNotIp;
    case ParseResult::kNotUdp:
      return Counter::kNotCallNotUdp;
    case ParseResult::kFragment:
      return Counter::kNotCallFragment;
    case ParseResult::kBadLink:
      return Counter::kMalformedLink;
    case ParseResult::kBadIp:
      return Counter::kMalformedIp;
    case ParseResult::kTruncated:
      return Counter::kMalformedTruncated;
    default:
      return Counter::kMalformedUdp;
  }
}

constexpr Counter counter_of(SuppressReason reason) {
  switch (reason) {
    case SuppressReason::kManual:
      return Counter::kSuppressedManual;
    case SuppressReason::kPaused:
      return Counter::kSuppressedPaused;
    case SuppressReason::kVideo:
      return Counter::kSuppressedVideo;
    case SuppressReason::kNoKey:
      return Counter::kSuppressedNoKey;
    case SuppressReason::kStoreFull:
      return Counter::kSuppressedStoreFull;
    default:
      return Counter::kSuppressedOff;
  }
}

}  // namespace

void Worker::process(std::span<const Frame> frames) {
  count_->add(Counter::kReceived, frames.size());
  parse_stage(frames);
  lookup_stage(frames.size());
  for (std::size_t i = 0; i < frames.size(); ++i) place(frames[i], work_[i]);
  if (emitted_) wake_control();
}

// Frame headers (1-2 lines, prefetched one frame ahead); starts the load of the index bucket.
void Worker::parse_stage(std::span<const Frame> frames) {
  for (std::size_t i = 0; i < frames.size(); ++i) {
    if (i + 1 < frames.size()) __builtin_prefetch(frames[i + 1].data);
    Work& work = work_[i];
    work.stream = kNoEntry;
    work.parsed = parse_frame(frames[i], work.packet);
    if (work.parsed != ParseResult::kUdp) continue;
    const std::span payload{work.packet.payload, work.packet.payload_bytes};
    work.kind = datagram_kind(payload);
    if (work.kind != DatagramKind::kRtp && work.kind != DatagramKind::kRtcp) continue;
    const bool rtp = work.kind == DatagramKind::kRtp;
    work.key = {work.packet.src.address,
                work.packet.dst.address,
                work.packet.src.port,
                work.packet.dst.port,
                load_be<std::uint32_t>(work.packet.payload + (rtp ? 8 : 4)),
                rtp ? StreamKind::kRtp : StreamKind::kRtcp,
                {}};
    work.hash = work.key.hash();
    streams_.prefetch(work.hash);
  }
}

// Index bucket (1 line) and stream key (1 line); starts the loads of the stream and of the end of
// its block.
void Worker::lookup_stage(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    Work& work = work_[i];
    if (work.parsed != ParseResult::kUdp) continue;
    if (work.kind != DatagramKind::kRtp && work.kind != DatagramKind::kRtcp) continue;
    work.stream = streams_.find(work.hash, work.key);
    if (work.stream == kNoEntry) continue;
    const Stream& stream = streams_.at(work.stream);
    __builtin_prefetch(&stream.record, 1);
    __builtin_prefetch(&stream.window, 1);
    if (stream.slot == kNoSlot) continue;
    const std::uint8_t* end = blocks_->plain(stream.slot) + stream.block_used;
    __builtin_prefetch(&blocks_->control(stream.slot), 1);
    __builtin_prefetch(end, 1);
    __builtin_prefetch(end + 64, 1);
    __builtin_prefetch(end + 128, 1);
  }
}

void Worker::place(const Frame& frame, Work& work) {
  last_arrival_ = std::max(last_arrival_, frame.arrival);
  if (work.parsed == ParseResult::kUdp) [[likely]] {
    switch (work.kind) {
      case DatagramKind::kRtp:
      case DatagramKind::kRtcp:
        return place_media(frame, work);
      case DatagramKind::kText:
        return place_text(frame, work, is_sip_port(work.packet));
      case DatagramKind::kOther:
        return count_->add(is_sip_port(work.packet) ? Counter::kSignallingKeepAlive
                                                    : Counter::kNotCallNotRtp);
    }
  }
  if (work.parsed == ParseResult::kTcp) return place_tcp(frame, work);
  count_->add(counter_of(work.parsed));
}

void Worker::place_media(const Frame& frame, Work& work) {
  if (awaited_ != handled_) wait_for_control();  // Lockstep only: equal otherwise.
  const std::uint64_t arrival_us = to_us(frame.arrival);
  if (work.stream == kNoEntry) [[unlikely]] {
    work.stream = streams_.find(work.hash, work.key);  // Made earlier in this burst?
    if (work.stream == kNoEntry) work.stream = new_stream(work, arrival_us);
    if (work.stream == kNoEntry) return count_->add(Counter::kDroppedStreamTable);
  }
  place_in_stream(work.stream, arrival_us, {work.packet.payload, work.packet.payload_bytes});
}

void Worker::place_in_stream(std::uint32_t entry, std::uint64_t arrival_us,
                             std::span<const std::uint8_t> datagram) {
  Stream& stream = streams_.at(entry);
  stream.last_arrival_us = arrival_us;
  switch (stream.state) {
    case StreamState::kRecording:
      return append(entry, arrival_us, datagram);
    case StreamState::kSuppressed:
      ++stream.packets;
      return count_->add(counter_of(targets_.at(stream.target).put.reason));
    case StreamState::kWaiting:
      return hold(entry, arrival_us, datagram);
    case StreamState::kSignalling:
      return count_->add(Counter::kSignallingRtcp);
    case StreamState::kUnknown:
    case StreamState::kFree:
      return count_->add(Counter::kNotCallNoSignalling);
  }
}

// Stream (3 lines), slot's control line, end of the block (payload's lines). No system call, no
// allocation.
void Worker::append(std::uint32_t entry, std::uint64_t arrival_us,
                    std::span<const std::uint8_t> datagram) {
  Stream& stream = streams_.at(entry);
  RtpHeader rtp;
  if (!decode_rtp(datagram, rtp)) return count_->add(Counter::kMalformedRtp);
  storage::RtpRecord record{arrival_us,
                            rtp.sequence,
                            rtp.timestamp,
                            rtp.marker_and_type,
                            rtp.padding_bytes,
                            {},
                            datagram.subspan(rtp.header_bytes)};
  if (!rtp.plain) record.header = datagram.first(rtp.header_bytes);
  const std::size_t room_bytes = storage::record_bytes_max(record);
  if (room_bytes > blocks_->plain_bytes() - storage::kBlockHeadBytes) {
    return count_->add(Counter::kMalformedTooLarge);
  }
  if (stream.packets == 0) {
    start_sequence(entry, rtp.sequence);
  } else if (!follow_sequence(entry, rtp.sequence)) {
    return;
  }
  if (stream.slot != kNoSlot && stream.block_used + room_bytes > blocks_->plain_bytes()) {
    close_block(stream);
  }
  if (stream.slot == kNoSlot && !open_block(entry, arrival_us)) {
    ++streams_.details(entry).dropped;
    return count_->add(Counter::kDroppedNoBlock);
  }
  std::uint8_t* end = blocks_->plain(stream.slot) + stream.block_used;
  stream.block_used +=
      static_cast<std::uint32_t>(storage::encode_record(stream.record, record, end));
  stream.block_payload_bytes += static_cast<std::uint32_t>(record.payload.size());
  ++stream.block_packets;
  ++stream.packets;
  blocks_->control(stream.slot)
      .progress.store(pack_progress(stream.block_used, stream.block_packets),
                      std::memory_order_release);
  count_->add(Counter::kAccepted);
}

void Worker::hold(std::uint32_t entry, std::uint64_t arrival_us,
                  std::span<const std::uint8_t> datagram) {
  const std::uint64_t position = waiting_.hold(entry, arrival_us, datagram);
  if (position == WaitingRoom::kFull) return count_->add(Counter::kDroppedWaitingRoom);
  StreamDetails& details = streams_.details(entry);
  if (details.held_last != 0) {
    waiting_.at(details.held_last - 1).next_of_stream = position + 1;
  } else {
    details.held_first = position + 1;
  }
  details.held_last = position + 1;
  count_->add(Counter::kHeld);
}

// Only at a stream's start, a wrap, or when something is out of order: the usual case is one
// compare and one bit.
void Worker::start_sequence(std::uint32_t entry, std::uint16_t sequence) {
  Stream& stream = streams_.at(entry);
  StreamDetails& details = streams_.details(entry);
  stream.window.start(sequence);
  stream.sequence_highest = sequence;
  details.sequence_first = sequence;
  details.sequence_cycles = 0;
  details.run_packets = 1;
}

// False for a copy of a packet that was stored already: it is counted and goes no further.
bool Worker::follow_sequence(std::uint32_t entry, std::uint16_t sequence) {
  Stream& stream = streams_.at(entry);
  StreamDetails& details = streams_.details(entry);
  const std::uint16_t before = stream.sequence_highest;
  switch (stream.window.observe(stream.sequence_highest, sequence)) {
    case SequenceVerdict::kNext:
      if (sequence < before) ++details.sequence_cycles;
      break;
    case SequenceVerdict::kLate:
      ++details.reordered;
      if (details.run_packets < SequenceWindow::kSpan &&
          static_cast<std::int16_t>(sequence - details.sequence_first) < 0) {
        if (sequence > details.sequence_first) ++details.sequence_cycles;  // Behind a wrap.
        details.sequence_first = sequence;
      }
      break;
    case SequenceVerdict::kDuplicate:
      ++details.duplicates;
      count_->add(Counter::kDuplicate);
      return false;
    case SequenceVerdict::kRestart:
      details.lost_before += lost_in_run(entry, before);
      details.sequence_first = sequence;
      details.sequence_cycles = 0;
      details.run_packets = 0;
      count_->add(Counter::kStreamRestarts);
      break;
  }
  ++details.run_packets;
  return true;
}

std::uint64_t Worker::lost_in_run(std::uint32_t entry, std::uint16_t highest) {
  const StreamDetails& details = streams_.details(entry);
  // Extended sequence numbers (RFC 3550 appendix A.1); the span counts both ends.
  const std::uint64_t span =
      (std::uint64_t{details.sequence_cycles} << 16) + highest - details.sequence_first + 1;
  return span > details.run_packets ? span - details.run_packets : 0;
}

}  // namespace opptak::dataplane
