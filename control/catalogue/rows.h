// Rows of the catalogue: plain values, the same for every database behind it. Field names are
// those of the API (docs/openapi.yaml) and of `opptak replay --json`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "storage/base/endpoint.h"
#include "storage/base/ids.h"
#include "storage/base/time.h"

namespace opptak::control {

// G2: every call ends in exactly one of the last five.
enum class CallState : std::uint8_t {
  kInProgress,
  kRecorded,
  kSuppressed,  // reason: off, manual, video
  kPartial,     // reason: dropped_packets, store_full, gateway_restarted, ...
  kMissed,      // reason: store_full, no_key, encrypted_media, ...
  kNoMedia,     // reason: not_answered, cancelled, rejected, no_rtp
};

enum class RecordingState : std::uint8_t {
  kOpen,     // Being written.
  kClosing,  // Ended; its last blocks and extent list are on their way to the disk.
  kStored,   // All blocks durable, extent list known.
  kErasing,  // An erasure has begun: never played again, completed at the next start.
  kErased,   // Key destroyed, space freed; the receipt stays.
  kLost,     // Nothing of it could be stored; reason on the call.
};

enum class Mode : std::uint8_t { kAutomatic, kManual, kOff };

struct CallRow {
  CallId id;
  std::string sip_call_id;
  std::string from;  // User part of From.
  std::string to;    // User part of To.
  std::optional<std::string> campaign;
  std::optional<std::string> agent;  // As the dialler announced it; none until then.
  std::string client;                // Slug; "unassigned" where none is known.
  Mode mode = Mode::kAutomatic;      // The policy that applied; later changes do not touch it.
  std::string policy_rule;           // Which rule decided: header, number, default, replay.
  std::string conversation_id;       // CallId in text of the conversation's first call.
  CallState state = CallState::kInProgress;
  std::optional<std::string> reason;
  bool answered = false;
  UnixNs started_at;
  UnixNs answered_at;
  UnixNs ended_at;
  // What control needs to take the call up again after its own restart: dialog and media
  // endpoints as JSON, owned by control/core. Empty once the call has ended.
  std::string resume_json;
};

// Where the sealed extent list of a recording lies (storage/extent).
struct ExtentLocation {
  std::uint64_t segment = 0;  // 0: none.
  std::uint64_t offset_bytes = 0;
  std::uint32_t bytes = 0;
};

struct RecordingRow {
  RecordingId id;
  CallId call;
  StoreTag tag;
  RecordingState state = RecordingState::kOpen;
  UnixNs started_at;
  UnixNs ended_at;
  std::uint32_t expiry_day = 0;  // Days since 1970-01-01.
  ExtentLocation extents;
  std::uint32_t blocks = 0;
  std::uint64_t packets = 0;
  std::uint64_t payload_bytes = 0;
  std::uint64_t dropped_packets = 0;
  bool recovered = false;
  // While kErasing: the ranges to free, as text "segment:offset:bytes,...", written before the
  // key is destroyed, since the extent list cannot be read afterwards.
  std::string erase_ranges;
  std::optional<std::string> receipt;  // JSON, signed.
  UnixNs erased_at;
};

// One payload type as SDP named it: for the replay's JSON and for rendering.
struct CodecRow {
  std::uint8_t payload_type = 0;
  std::string name;  // Encoding name of the rtpmap, upper case: "PCMA", "OPUS".
  std::uint32_t clock_hz = 8000;
  std::uint8_t channels = 1;
};

struct StreamRow {
  RecordingId recording;
  StreamKey key;
  std::uint8_t speaker = 0;  // 0 caller, 1 callee.
  UnixNs first_arrival;
  UnixNs last_arrival;
  std::uint64_t packets = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t reordered = 0;
  std::uint64_t lost = 0;
  std::uint64_t dropped = 0;
  std::vector<CodecRow> codecs;
};

// Something that happened to a call, in order: invite, ringing, answered, hold, media_moved,
// recording_started, recording_stopped, bye, erased, ...
struct CallEventRow {
  CallId call;
  UnixNs at;
  std::string kind;
  std::string detail;  // JSON object or empty. Never a phone number.
};

struct ClientRow {
  std::string id;
  std::string name;
  std::uint32_t retention_days_sale = 0;
  std::uint32_t retention_days_other = 0;
};

struct CampaignRow {
  std::string id;
  std::string client;
  Mode mode = Mode::kAutomatic;
  std::uint32_t pre_roll_seconds = 0;
  // Called numbers or caller numbers ("+4790*" prefixes) that mean this campaign.
  std::vector<std::string> numbers;
};

}  // namespace opptak::control
