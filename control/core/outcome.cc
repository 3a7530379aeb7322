#include "control/core/outcome.h"

namespace opptak::control {

namespace {

Outcome of_recorded(const LiveCall& call) {
  const MediaSeen& seen = call.seen;
  if (seen.encrypted_streams > 0) {
    const bool all = seen.encrypted_streams >= seen.audio_streams;
    return {all ? CallState::kMissed : CallState::kPartial, "encrypted_media"};
  }
  const bool dropped = seen.dropped_packets > 0 || seen.recordings_lost > 0;
  if (call.refused_store_full || (dropped && call.store_full_seen)) {
    return {CallState::kPartial, "store_full"};
  }
  if (dropped) return {CallState::kPartial, "dropped_packets"};
  if (call.refused_no_key) return {CallState::kPartial, "no_key"};
  if (call.gateway_restarted) return {CallState::kPartial, "gateway_restarted"};
  return {CallState::kRecorded, std::nullopt};
}

Outcome without_media(const LiveCall& call) {
  const auto no_media = [](const char* reason) { return Outcome{CallState::kNoMedia, reason}; };
  if (call.media_in_other_call) return no_media("media_in_other_call");
  if (call.row.answered) return no_media("no_rtp");
  if (call.end_reason == "cancelled" || call.end_reason == "rejected") {
    return no_media(call.end_reason.c_str());
  }
  return no_media("not_answered");
}

}  // namespace

Outcome outcome_of(const LiveCall& call) {
  const MediaSeen& seen = call.seen;
  if (seen.recordings_stored > 0) return of_recorded(call);
  if (seen.dropped_packets > 0 || seen.recordings_lost > 0) {
    return {CallState::kMissed, call.store_full_seen ? "store_full" : "dropped_packets"};
  }
  if (seen.audio_streams > 0) {
    if (call.row.mode == Mode::kOff) return {CallState::kSuppressed, "off"};
    if (call.refused_store_full) return {CallState::kMissed, "store_full"};
    if (call.refused_no_key) return {CallState::kMissed, "no_key"};
    if (call.row.mode == Mode::kManual) return {CallState::kSuppressed, "manual"};
    return {CallState::kMissed, call.gateway_restarted ? "gateway_restarted" : "not_stored"};
  }
  if (seen.other_streams > 0) return {CallState::kSuppressed, "video"};
  return without_media(call);
}

}  // namespace opptak::control
