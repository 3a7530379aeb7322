// Streams and targets find each other here: when a stream appears, when control puts or drops a
// target, and when packets waited for the decision.
#include <algorithm>

#include "dataplane/worker/worker.h"

namespace opptak::dataplane {

namespace {

constexpr Side other(Side side) { return side == Side::kCaller ? Side::kCallee : Side::kCaller; }

// True where packets go the same way under both targets.
bool same_place(const TargetPut& a, const TargetPut& b) {
  return a.call == b.call && a.recording == b.recording && a.mode == b.mode &&
         a.reason == b.reason && a.kind == b.kind && a.writer == b.writer;
}

constexpr UnixNs from_us(std::uint64_t us) { return {static_cast<std::int64_t>(us) * kNsPerUs}; }

}  // namespace

std::uint32_t Worker::new_stream(const Work& work, std::uint64_t arrival_us) {
  const std::uint32_t entry = streams_.insert(work.hash, work.key);
  if (entry == kNoEntry) return kNoEntry;
  StreamDetails& details = streams_.details(entry);
  details.first_arrival = from_us(arrival_us);
  details.dst_point = points_.acquire(work.key.dst());
  details.src_point = points_.acquire(work.key.src());
  CHECK(details.dst_point != kNoEntry && details.src_point != kNoEntry);  // Sized for all streams.
  MediaPoint& dst = points_.at(details.dst_point);
  details.next_same_dst = dst.first_as_dst;
  dst.first_as_dst = entry;
  MediaPoint& src = points_.at(details.src_point);
  details.next_same_src = src.first_as_src;
  src.first_as_src = entry;
  streams_.at(entry).state = StreamState::kWaiting;
  count_->set(Counter::kStreams, streams_.size());
  resolve(entry);
  return entry;
}

void Worker::remove_stream(std::uint32_t entry) {
  const StreamDetails& details = streams_.details(entry);
  for (std::uint32_t* at = &points_.at(details.dst_point).first_as_dst;;
       at = &streams_.details(*at).next_same_dst) {
    if (*at != entry) continue;
    *at = details.next_same_dst;
    break;
  }
  for (std::uint32_t* at = &points_.at(details.src_point).first_as_src;;
       at = &streams_.details(*at).next_same_src) {
    if (*at != entry) continue;
    *at = details.next_same_src;
    break;
  }
  points_.release(details.dst_point);
  points_.release(details.src_point);
  streams_.erase(entry);
  count_->set(Counter::kStreams, streams_.size());
}

// The receiver's endpoint decides; the sender's does where the receiver's is not known (behind a
// translator, or announced in a message we did not see).
void Worker::resolve(std::uint32_t entry) {
  const StreamDetails& details = streams_.details(entry);
  std::uint32_t target = points_.at(details.dst_point).target;
  Side speaker = Side::kCaller;
  if (target != kNoEntry) {
    speaker = other(targets_.at(target).put.side);
  } else {
    target = points_.at(details.src_point).target;
    if (target != kNoEntry) speaker = targets_.at(target).put.side;
  }
  Stream& stream = streams_.at(entry);
  if (target == stream.target && target != kNoEntry) return;
  if (target != kNoEntry && stream.target != kNoEntry &&
      same_place(targets_.at(stream.target).put, targets_.at(target).put)) {
    stream.target = target;  // The other end of the same call: nothing changes for its packets.
    return;
  }
  if (stream.target != kNoEntry) {
    unbind(entry, target == kNoEntry ? end_cause_ : StreamEndCause::kTargetChanged);
  }
  if (target != kNoEntry) bind(entry, target, speaker);
}

void Worker::bind(std::uint32_t entry, std::uint32_t target, Side speaker) {
  Stream& stream = streams_.at(entry);
  StreamDetails& details = streams_.details(entry);
  const TargetPut& put = targets_.at(target).put;
  stream.target = target;
  stream.speaker = speaker;
  stream.packets = 0;
  const bool held = details.held_first != 0;
  if (held)
    details.first_arrival = from_us(waiting_.at(details.held_first - 1).arrival_us);
  else
    details.first_arrival = from_us(stream.last_arrival_us);
  details.duplicates = details.reordered = details.dropped = 0;
  details.lost_before = details.run_packets = 0;
  if (stream.key.kind == StreamKind::kRtcp || put.kind == TargetKind::kRtcp) {
    stream.state = StreamState::kSignalling;
  } else {
    stream.state =
        put.mode == TargetMode::kRecord ? StreamState::kRecording : StreamState::kSuppressed;
    StreamStarted started{};
    started.target = put.target;
    started.call = put.call;
    started.recording = put.recording;
    started.stream = {stream.key.src(), stream.key.dst(), stream.key.ssrc};
    started.first_arrival = details.first_arrival.known() ? details.first_arrival : last_arrival_;
    details.first_arrival = started.first_arrival;
    started.speaker = speaker;
    emit(started);
  }
  if (held) release_held(entry);
}

void Worker::unbind(std::uint32_t entry, StreamEndCause cause) {
  Stream& stream = streams_.at(entry);
  const StreamDetails& details = streams_.details(entry);
  close_block(stream);
  if (stream.state != StreamState::kSignalling) {
    const TargetPut& put = targets_.at(stream.target).put;
    StreamEnded ended{};
    ended.target = put.target;
    ended.call = put.call;
    ended.recording = put.recording;
    ended.stream = {stream.key.src(), stream.key.dst(), stream.key.ssrc};
    ended.first_arrival = details.first_arrival;
    ended.last_arrival = from_us(stream.last_arrival_us);
    ended.packets = stream.packets;
    ended.duplicates = details.duplicates;
    ended.reordered = details.reordered;
    ended.dropped = details.dropped;
    ended.speaker = stream.speaker;
    ended.cause = cause;
    if (stream.state == StreamState::kRecording && stream.packets > 0) {
      ended.lost = details.lost_before + lost_in_run(entry, stream.sequence_highest);
    }
    emit(ended);
  }
  stream.target = kNoEntry;
  // The voice of an ended call: kept by nobody unless a target takes the endpoint over.
  stream.state = StreamState::kUnknown;
}

// Packets that waited take the way they would have taken had the decision been there.
void Worker::release_held(std::uint32_t entry) {
  StreamDetails& details = streams_.details(entry);
  std::uint64_t next = details.held_first;
  details.held_first = details.held_last = 0;
  while (next != 0) {
    HeldPacket& held = waiting_.at(next - 1);
    next = held.next_of_stream;
    count_->subtract(Counter::kHeld);
    place_in_stream(entry, held.arrival_us, held.payload());
    WaitingRoom::take(held);
  }
}

template <class Visit>
void Worker::for_streams_at(std::uint32_t point, Visit&& visit) {
  for (std::uint32_t at = points_.at(point).first_as_dst; at != kNoEntry;
       at = streams_.details(at).next_same_dst) {
    visit(at);
  }
  for (std::uint32_t at = points_.at(point).first_as_src; at != kNoEntry;
       at = streams_.details(at).next_same_src) {
    visit(at);
  }
}

void Worker::attach_target(std::uint32_t entry) {
  Target& target = targets_.at(entry);
  MediaPoint& point = points_.at(target.endpoint);
  target.next_at_endpoint = point.target;
  point.target = entry;
  for_streams_at(target.endpoint, [this](std::uint32_t stream) { resolve(stream); });
}

// Its mode or recording changes: its streams end under the old and go on under the new.
void Worker::change_target(std::uint32_t entry, const TargetPut& put) {
  const std::uint32_t endpoint = targets_.at(entry).endpoint;
  for_streams_at(endpoint, [&](std::uint32_t stream) {
    if (streams_.at(stream).target == entry) unbind(stream, StreamEndCause::kTargetChanged);
  });
  targets_.at(entry).put = put;
  for_streams_at(endpoint, [this](std::uint32_t stream) { resolve(stream); });
}

void Worker::detach_target(std::uint32_t entry) {
  const std::uint32_t endpoint = targets_.at(entry).endpoint;
  for (std::uint32_t* at = &points_.at(endpoint).target; *at != kNoEntry;
       at = &targets_.at(*at).next_at_endpoint) {
    if (*at != entry) continue;
    *at = targets_.at(entry).next_at_endpoint;
    break;
  }
  for_streams_at(endpoint, [this](std::uint32_t stream) { resolve(stream); });
}

}  // namespace opptak::dataplane
