// A call that is not finished, as the core holds it in memory. What of it must survive a restart
// is written into CallRow::resume_json (resume.h). Owner: the core's thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "control/catalogue/rows.h"
#include "control/sip/events.h"
#include "dataplane/api/messages.h"

namespace opptak::control {

// What the dataplane was last told about a target.
struct TargetOrder {
  dataplane::TargetMode mode = dataplane::TargetMode::kSuppress;
  dataplane::SuppressReason reason = dataplane::SuppressReason::kNone;
  RecordingId recording;

  bool operator==(const TargetOrder&) const = default;
};

// One endpoint that SDP announced, as a target of the dataplane.
struct MediaTarget {
  dataplane::TargetId id = 0;
  Endpoint endpoint;
  dataplane::TargetKind kind = dataplane::TargetKind::kRtp;
  dataplane::Side side = dataplane::Side::kCaller;  // Whose endpoint it is.
  bool audio = true;                                // False: video, image and others, never stored.
  bool encrypted = false;                           // SRTP: stored as it came, not playable.
  std::vector<CodecRow> codecs;                     // All that was announced for it, newest first.
  std::optional<TargetOrder> told;  // Nothing: the dataplane does not know the target.
};

enum class CallPhase : std::uint8_t {
  kLive,       // SIP has not ended it.
  kLingering,  // Ended; its targets stay a while for packets that are on their way.
  kDraining,   // Targets dropped; waiting for barriers and RecordingDone.
};

// One recording that is not done. row.state: kOpen while packets may go into it, kClosing after.
struct LiveRecording {
  RecordingRow row;
  bool opened = false;  // Its key is durable and the writer knows it.
  bool close_sent = false;
  bool has_media = false;  // A stream of it has started.
};

// A stream that has started and not ended.
struct ActiveStream {
  StreamRow row;
  bool audio = true;
  bool encrypted = false;
};
using ActiveStreamKey = std::pair<dataplane::TargetId, StreamKey>;

// What the dataplane has said of the call's media, for its end state.
struct MediaSeen {
  std::uint64_t audio_streams = 0;
  std::uint64_t encrypted_streams = 0;  // Of these.
  std::uint64_t other_streams = 0;      // Video and others, never stored.
  std::uint64_t dropped_packets = 0;    // Ours: block memory, writer, disk.
  std::uint64_t recordings_stored = 0;  // With at least one packet.
  std::uint64_t recordings_lost = 0;    // Packets came, none of them could be stored.
  UnixNs last_media_at;
};

struct LiveCall {
  CallRow row;
  sip::CallNumber number = 0;  // 0: SIP no longer speaks of it.
  std::uint64_t order = 0;     // Counts calls in the order of their start.
  CallPhase phase = CallPhase::kLive;
  std::uint32_t retention_days = 0;
  std::vector<MediaTarget> targets;
  std::map<RecordingId, LiveRecording> recordings;  // Those that are not done.
  RecordingId current;                              // Packets go into it; nil: nothing is recorded.
  std::string end_reason;  // bye, cancelled, rejected, setup_timeout, silence, capture_ended.
  bool refused_store_full = false;   // A recording was wanted, and the store was full.
  bool refused_no_key = false;       // A recording was wanted, and no key could be made durable.
  bool store_full_seen = false;      // The store filled up while it was recorded.
  bool gateway_restarted = false;    // The dataplane died while the call had media.
  bool media_in_other_call = false;  // Another call owned an endpoint of this one.
  bool drained = false;              // Every worker has handed over what it had of the call.
  MediaSeen seen;
  std::map<ActiveStreamKey, ActiveStream> streams;
  // By recording and first arrival: an event may come twice.
  std::set<std::tuple<StreamKey, RecordingId, UnixNs>> streams_ended;
  std::int64_t active_age_ns = 0;  // Of the last signalling or end of media.
  UnixNs active_at;                // The same, as packet time.

  [[nodiscard]] MediaTarget* find_target(dataplane::TargetId id) noexcept {
    for (MediaTarget& target : targets) {
      if (target.id == id) return &target;
    }
    return nullptr;
  }
};

}  // namespace opptak::control
