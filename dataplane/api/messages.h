// What control and the dataplane say to each other, as fixed-size records in bounded rings of the
// channel (channel.h). docs/channel.md tells the protocol: order, resynchronisation, lockstep.
//
// Commands go from control to one worker or one writer each; events come back from the thread
// that saw them. Every record starts with a MessageHeader. All integers are in host order: both
// processes run on one host and are built together (kChannelVersion guards that).
#pragma once

#include <array>
#include <cstdint>
#include <type_traits>

#include "storage/base/endpoint.h"
#include "storage/base/ids.h"
#include "storage/base/time.h"

namespace opptak::dataplane {

enum class MessageType : std::uint16_t {
  // Control to worker.
  kTargetPut = 1,      // TargetPut
  kTargetDrop,         // TargetDrop
  kBarrier,            // Barrier: answered by kBarrierReached
  kInspectHandled,     // InspectHandled: lockstep only
  kWorkerResyncBegin,  // Resync: targets not put again before kWorkerResyncEnd are dropped
  kWorkerResyncEnd,    // Resync
  // Control to writer.
  kRecordingOpen = 32,  // RecordingOpen
  kRecordingClose,      // RecordingClose: answered by kRecordingDone
  kWriterResyncBegin,   // Resync: recordings not opened again before the end are forgotten
  kWriterResyncEnd,     // Resync: the writer now recovers what RecordingOpen flagged
  // Worker to control.
  kInspect = 64,    // Inspect, followed by the payload
  kStreamStarted,   // StreamStarted
  kStreamEnded,     // StreamEnded
  kBarrierReached,  // BarrierReached
  kTick,            // Tick
  kInputEnded,      // InputEnded: a capture port has handed over its last packet
  // Writer to control.
  kRecordingDone = 96,  // RecordingDone
  kStoreState,          // StoreState
};

struct MessageHeader {
  MessageType type;
  std::uint16_t thread;      // Index of the worker or writer that speaks or is spoken to.
  std::uint32_t size_bytes;  // Of the whole record, header included, padding excluded.
};

// A target is one media endpoint of one call as SDP announced it. Control makes the id; putting
// the same id again changes mode, recording or endpoint kind of that target.
using TargetId = std::uint64_t;

enum class TargetMode : std::uint8_t {
  kSuppress,  // Packets are counted as suppressed, by reason; nothing of them is kept.
  kRecord,    // Packets go into blocks of `recording`.
};

enum class SuppressReason : std::uint8_t {
  kNone,
  kOff,        // The campaign's mode is off.
  kManual,     // Manual mode, not started.
  kPaused,     // The seller paused (card numbers).
  kVideo,      // Media other than audio, left out by policy.
  kNoKey,      // No key could be made durable for the call.
  kStoreFull,  // The store takes no new recordings.
};

enum class TargetKind : std::uint8_t {
  kRtp,   // RTP, and RTCP where it is multiplexed (RFC 5761).
  kRtcp,  // Announced or implied RTCP port (RFC 3605, RFC 3550 section 11): counted as signalling.
};

// Whose endpoint it is. Packets sent *to* the caller's endpoint carry the callee's voice.
enum class Side : std::uint8_t { kCaller, kCallee };

struct TargetPut {
  static constexpr MessageType kType = MessageType::kTargetPut;
  MessageHeader header;
  TargetId target;
  CallId call;
  RecordingId recording;  // Nil unless mode is kRecord.
  Endpoint endpoint;
  TargetMode mode;
  SuppressReason reason;  // For kSuppress.
  TargetKind kind;
  Side side;
  std::uint16_t writer;  // Which writer holds `recording`; the same for all its targets.
};

// Streams of the target are flushed and end; its endpoint becomes unknown.
struct TargetDrop {
  static constexpr MessageType kType = MessageType::kTargetDrop;
  MessageHeader header;
  TargetId target;
};

// Reached once every earlier command is carried out and every block filled under an older state
// has been handed to its writer.
struct Barrier {
  static constexpr MessageType kType = MessageType::kBarrier;
  MessageHeader header;
  std::uint64_t token;
};

// Lockstep (replay): control has handled this many kInspect and kTick records of the worker, and
// all commands that follow from them stand before this one in the ring.
struct InspectHandled {
  static constexpr MessageType kType = MessageType::kInspectHandled;
  MessageHeader header;
  std::uint64_t count;
};

struct Resync {
  MessageHeader header;
  std::uint64_t generation;
};

struct RecordingOpen {
  static constexpr MessageType kType = MessageType::kRecordingOpen;
  MessageHeader header;
  RecordingId recording;
  CallId call;
  StoreTag tag;
  std::array<std::uint8_t, 32> key;
  UnixNs started_at;
  std::uint32_t expiry_day;  // Days since 1970-01-01: places the blocks, nothing else.
  std::uint8_t resumed;      // 1: blocks of it may lie in segments or block memory: find them.
};

struct RecordingClose {
  static constexpr MessageType kType = MessageType::kRecordingClose;
  MessageHeader header;
  RecordingId recording;
};

struct Inspect {
  static constexpr MessageType kType = MessageType::kInspect;
  MessageHeader header;
  UnixNs arrival;
  Endpoint src;
  Endpoint dst;
  std::uint8_t protocol;  // IANA protocol number: 17 UDP, 6 TCP (then with its header).
  std::uint8_t reserved[3];
  std::uint32_t payload_bytes;  // Bytes that follow this struct.
};

enum class StreamEndCause : std::uint8_t {
  kTargetDropped,  // Control ended it.
  kTargetChanged,  // Mode, recording or target changed; the stream goes on under the new one.
  kIdle,           // No packet for the idle timeout.
  kResync,         // Its target was not put again.
};

struct StreamStarted {
  static constexpr MessageType kType = MessageType::kStreamStarted;
  MessageHeader header;
  TargetId target;
  CallId call;
  RecordingId recording;  // Nil while suppressed.
  StreamKey stream;
  UnixNs first_arrival;  // Of its first packet, also where that waited for the decision.
  Side speaker;          // Who is heard in it.
};

// Sent once per stream and recording (or suppressed stretch).
struct StreamEnded {
  static constexpr MessageType kType = MessageType::kStreamEnded;
  MessageHeader header;
  TargetId target;
  CallId call;
  RecordingId recording;
  StreamKey stream;
  UnixNs first_arrival;
  UnixNs last_arrival;
  std::uint64_t packets;  // Unique packets put into blocks, or suppressed.
  std::uint64_t duplicates;
  std::uint64_t reordered;     // Arrived after a later sequence number.
  std::uint64_t lost;          // Sequence numbers missing between lowest and highest.
  std::uint64_t dropped;       // Ours: no block, writer or disk.
  std::uint64_t dtmf_packets;  // Reserved for RFC 4733; 0.
  Side speaker;
  StreamEndCause cause;
};

struct BarrierReached {
  static constexpr MessageType kType = MessageType::kBarrierReached;
  MessageHeader header;
  std::uint64_t token;
};

// At least once a second of packet time (and of real time on live ports).
struct Tick {
  static constexpr MessageType kType = MessageType::kTick;
  MessageHeader header;
  UnixNs now;
};

struct InputEnded {
  static constexpr MessageType kType = MessageType::kInputEnded;
  MessageHeader header;
  UnixNs last_arrival;
};

struct RecordingDone {
  static constexpr MessageType kType = MessageType::kRecordingDone;
  MessageHeader header;
  RecordingId recording;
  std::uint64_t extent_segment;  // Where the sealed extent list lies (storage/extent); 0: nowhere.
  std::uint64_t extent_offset_bytes;
  std::uint32_t extent_bytes;
  std::uint32_t blocks;   // Listed in it.
  std::uint64_t packets;  // In those blocks, all durable.
  std::uint64_t payload_bytes;
  std::uint64_t dropped_packets;  // Lost at the writer or the disk.
  UnixNs first_arrival;
  UnixNs last_arrival;
  std::uint8_t recovered;  // 1: rebuilt after a crash.
};

enum class StoreCondition : std::uint8_t { kOk, kFull, kFailing };

struct StoreState {
  static constexpr MessageType kType = MessageType::kStoreState;
  MessageHeader header;
  StoreCondition condition;
};

static_assert(std::is_trivially_copyable_v<StreamEnded>);

}  // namespace opptak::dataplane
