// What is remembered of one call while it is followed. Plain state: what happens to it is in
// call_machine.h, its picture in docs/calls.md.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "control/sip/events.h"
#include "control/sip/media_set.h"

namespace opptak::control::sip {

inline constexpr std::size_t kLegsMax = 8;
inline constexpr std::size_t kDialogsMax = 16;
inline constexpr std::size_t kExchangesMax = 16;
inline constexpr std::size_t kBranchesMax = 16;

// One client transaction of an INVITE: the same INVITE on another hop of its way, or to another
// target of a forking proxy, has another branch (RFC 3261 sections 8.1.1.7 and 16.6).
struct Branch {
  std::uint64_t hash = 0;       // fnv1a() of the topmost Via's branch.
  std::uint32_t via_count = 0;  // Fewest: closest to the caller.
  bool cancelled = false;
  bool failed = false;  // Final response of 300-699, or the ACK to one.
};

enum class ExchangeState : std::uint8_t { kOpen, kCommitted, kFailed };

// A request that may carry an offer, and what answers it (RFC 3264; RFC 6337 section 2): INVITE
// with its responses and ACK, or PRACK or UPDATE with its response.
struct Exchange {
  std::uint32_t order = 0;  // Grows within the call.
  std::uint32_t cseq = 0;
  std::uint8_t leg = 0;
  std::uint8_t dialog = kNoDialog;  // kNoDialog: INVITE that asks for a new dialog.
  Party by = Party::kCaller;
  bool invite = false;
  ExchangeState state = ExchangeState::kOpen;
  std::array<bool, 2> described{};  // By Party: sent a description in it.
  std::optional<bool> hold;         // What the requester's description would mean once accepted.
  std::vector<Branch> branches;     // INVITE only.

  [[nodiscard]] bool in_dialog() const noexcept { return dialog != kNoDialog; }
};

enum class DialogState : std::uint8_t { kEarly, kConfirmed, kEnded };

// One fork of the INVITE, named by the callee's tag (RFC 3261 section 12).
struct Dialog {
  std::uint8_t leg = 0;
  DialogState state = DialogState::kEarly;
  std::string tag;  // Empty: a callee of RFC 2543.
};

// One From tag under which the Call-ID was used to call. More than one: a back-to-back user agent
// that keeps the Call-ID, or a caller that took a new tag for its next try.
struct Leg {
  std::string tag;
  std::uint32_t invite_cseq = 0;  // Highest of the caller's INVITEs.
};

// A time limit with what the call's end will then be.
struct PendingEnd {
  UnixNs deadline;  // Not known: not pending.
  UnixNs at;        // When it happened.
  EndCause cause = EndCause::kRejected;
  std::uint16_t status = 0;
};

struct Call {
  CallNumber number = 0;
  std::string call_id;  // As on the wire.
  bool answered = false;
  bool rang = false;
  std::array<bool, 2> held{};  // By Party.
  UnixNs setup_deadline;
  PendingEnd rejected;   // May be tried again until then.
  PendingEnd cancelled;  // 487 has not been seen.
  std::uint32_t next_order = 1;
  std::vector<Leg> legs;
  std::vector<Dialog> dialogs;
  std::vector<Exchange> exchanges;
  MediaSet media;
  std::uint64_t sent_fingerprint = fingerprint({});

  std::optional<CallEnded> ended;  // Set by the machine; the follower then lets the call go.

  // The follower's own.
  UnixNs timer_at;  // Earliest entry in the timer queue; not known: none.
  std::list<CallNumber>::iterator unanswered_entry;  // Valid while !answered.
};

}  // namespace opptak::control::sip
