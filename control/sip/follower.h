// Follows calls by watching SIP (RFC 3261, 3262, 3264, 3311) that others exchange: datagrams in,
// events out. docs/calls.md tells the state machine. It never sends, never waits, never asks for
// the time, and knows no policy.
//
// One call per SIP Call-ID with an INVITE. Roles come from tags, never from addresses, so that the
// same message seen on both sides of a proxy is one message. Memory is bounded by FollowerConfig.
// One owner thread; Observer functions are called on it, and must not call the follower back.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "control/sip/events.h"
#include "control/sip/message.h"

namespace opptak::control::sip {

struct FollowerConfig {
  std::string campaign_header = "X-Campaign-Id";
  // From the last INVITE or provisional response on, as timer C of RFC 3261 section 16.6.
  std::int64_t setup_timeout_ns = 200 * kNsPerSecond;
  // How long a rejected INVITE may be tried again (credentials, redirection, next trunk) and still
  // be the same call. Its CallEnded comes when that time is over, with the response's time.
  std::int64_t retry_window_ns = 2 * kNsPerSecond;
  // The same after 401 and 407: a person may have to type the password.
  std::int64_t challenge_window_ns = 60 * kNsPerSecond;
  // After CANCEL without 487 (a mirror of one direction): 64 * T1, RFC 3261 section 9.1.
  std::int64_t cancel_timeout_ns = 32 * kNsPerSecond;
  // How long an endpoint that a newer description replaced stays in the media set: packets are on
  // their way to it still.
  std::int64_t media_linger_ns = 2 * kNsPerSecond;
  // How long an ended call is remembered, so that late retransmissions do not make a new one.
  std::int64_t ended_memory_ns = 32 * kNsPerSecond;
  std::uint32_t calls_max = 1'000'000;
  std::uint32_t ended_calls_max = 262'144;
  std::uint32_t media_per_call_max = 48;
  // Key of the hash of Call-IDs: random in production, so that no sender can choose collisions.
  std::array<std::uint8_t, 16> hash_key{};
};

// Every datagram is counted in `datagrams` and in exactly one of: malformed[...], ignored,
// unmatched_call, unmatched_dialog, late, refused_calls, followed.
struct FollowerCounters {
  std::uint64_t datagrams = 0;
  std::array<std::uint64_t, kScanErrorCount> malformed{};  // By ScanError; kKeepAlive is no defect.
  std::uint64_t ignored = 0;         // Methods that say nothing of a call (REGISTER, OPTIONS, ...).
  std::uint64_t unmatched_call = 0;  // Belongs to a call whose INVITE was not seen.
  std::uint64_t unmatched_dialog = 0;  // Call-ID known, tags or CSeq fit nothing.
  std::uint64_t late = 0;              // For a call that has ended, or superseded by a later CSeq.
  std::uint64_t refused_calls = 0;     // INVITE while calls_max answered calls are open.
  std::uint64_t followed = 0;

  // Beside that sum:
  std::uint64_t defective = 0;      // Followed in spite of Message::defects.
  std::uint64_t sdp_malformed = 0;  // SDP bodies that could not be read.
  std::uint64_t sdp_bad_lines = 0;
  std::uint64_t sdp_unresolved = 0;  // m= lines whose address is missing or a host name.
  std::uint64_t media_left_out = 0;  // Beyond media_per_call_max or kSdpMediaMax.
  std::uint64_t calls_started = 0;
  std::uint64_t calls_ended = 0;    // With CallEnded, evicted ones included.
  std::uint64_t calls_evicted = 0;  // Oldest call not answered, to make room.
  std::uint64_t calls_restored = 0;
  std::uint64_t calls_forgotten = 0;  // By forget().
};

class Follower {
 public:
  explicit Follower(FollowerConfig config);
  ~Follower();
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  // One UDP payload. Timers due before `at` fire first. Time may step back; the follower's own
  // clock then stands still.
  void on_datagram(UnixNs at, const Endpoint& src, const Endpoint& dst,
                   std::span<const std::uint8_t> payload, Observer& observer);

  // Fires timers. Call it at least once a second of packet time.
  void on_time(UnixNs now, Observer& observer);

  // No packet will come any more (end of a capture): ends the calls that were rejected and only
  // waited to be tried again, and those that were cancelled. Calls in progress stay.
  void on_input_ended(Observer& observer);

  // The call as JSON for restore() in a later process: ids, tags, media of both sides, state.
  // Empty for an unknown call. Holds phone numbers of no one, but the Call-ID.
  [[nodiscard]] std::string snapshot(CallNumber call) const;

  // Takes a call up again under a new number; no event is sent. Nothing where the text is no
  // snapshot of this version, the Call-ID is followed already, or there is no room.
  [[nodiscard]] std::optional<CallNumber> restore(std::string_view snapshot);

  // The caller ended the call by itself (silence); no event is sent. The Call-ID is remembered as
  // that of an ended call.
  void forget(CallNumber call);

  // As last sent with MediaChanged, or as restored. Empty for an unknown call.
  [[nodiscard]] std::vector<MediaEndpoint> media(CallNumber call) const;
  [[nodiscard]] bool answered(CallNumber call) const;

  [[nodiscard]] std::size_t call_count() const noexcept;
  [[nodiscard]] const FollowerCounters& counters() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace opptak::control::sip
