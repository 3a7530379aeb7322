#include "control/core/stream_log.h"

#include <algorithm>
#include <utility>

#include "control/core/call_end.h"

namespace opptak::control {

namespace {

void count_unknown(CoreState& state) {
  state.stats.events_unknown_total.fetch_add(1, std::memory_order_relaxed);
}

void note_media(LiveCall& call, UnixNs at) {
  call.seen.last_media_at = std::max(call.seen.last_media_at, at);
}

}  // namespace

void on_stream_started(CoreState& state, const dataplane::StreamStarted& started) {
  LiveCall* const call = state.calls.find(started.call);
  if (call == nullptr) return count_unknown(state);
  const MediaTarget* const target = call->find_target(started.target);
  ActiveStream stream;
  stream.row.recording = started.recording;
  stream.row.key = started.stream;
  stream.row.speaker = static_cast<std::uint8_t>(started.speaker);
  stream.row.first_arrival = started.first_arrival;
  if (target != nullptr) {
    stream.audio = target->audio;
    stream.encrypted = target->encrypted;
    stream.row.codecs = target->codecs;
  }
  ++(stream.audio ? call->seen.audio_streams : call->seen.other_streams);
  if (stream.audio && stream.encrypted) ++call->seen.encrypted_streams;
  note_media(*call, started.first_arrival);
  if (!started.recording.is_nil()) {
    state.batch.put_stream(stream.row);
    const auto recording = call->recordings.find(started.recording);
    if (recording != call->recordings.end() && !recording->second.has_media) {
      recording->second.has_media = true;
      recording->second.row.started_at = started.first_arrival;
      state.batch.put_recording(recording->second.row);
    }
  }
  call->streams.insert_or_assign({started.target, started.stream}, std::move(stream));
  state.touch(*call);
}

void on_stream_ended(CoreState& state, const dataplane::StreamEnded& ended) {
  LiveCall* const call = state.calls.find(ended.call);
  if (call == nullptr) return count_unknown(state);
  if (!call->streams_ended.insert({ended.stream, ended.recording, ended.first_arrival}).second) {
    return;
  }
  StreamRow row;
  row.recording = ended.recording;
  row.key = ended.stream;
  // It may have started under the target of the call's other end.
  std::erase_if(call->streams, [&](auto& active) {
    if (active.first.second != ended.stream) return false;
    row.codecs = std::move(active.second.row.codecs);
    return true;
  });
  const MediaTarget* const target = call->find_target(ended.target);
  if (target != nullptr && row.codecs.empty()) row.codecs = target->codecs;
  row.speaker = static_cast<std::uint8_t>(ended.speaker);
  row.first_arrival = ended.first_arrival;
  row.last_arrival = ended.last_arrival;
  row.packets = ended.packets;
  row.duplicates = ended.duplicates;
  row.reordered = ended.reordered;
  row.lost = ended.lost;
  row.dropped = ended.dropped;
  if (!ended.recording.is_nil()) state.batch.put_stream(row);
  call->seen.dropped_packets += ended.dropped;
  note_media(*call, ended.last_arrival);
  note_activity(state, *call);
  state.touch(*call);
}

}  // namespace opptak::control
