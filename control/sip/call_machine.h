// What a SIP message or a timer does to a call: the state machine of docs/calls.md, as functions
// over Call. Made for one message or timer and thrown away.
// One owner thread.
#pragma once

#include <optional>
#include <vector>

#include "control/sip/call.h"
#include "control/sip/follower.h"
#include "control/sip/message.h"
#include "control/sip/sdp.h"

namespace opptak::control::sip {

// What a step needs from its surroundings.
struct Step {
  UnixNs at;
  const FollowerConfig& config;
  FollowerCounters& counters;
  Observer& observer;
  Sdp& sdp;  // Room for one description.
};

enum class Outcome : std::uint8_t {
  kFollowed,
  kLate,             // Superseded by what came before it.
  kUnmatchedDialog,  // Tags or CSeq fit nothing.
};

class CallMachine {
 public:
  CallMachine(Call& call, Step& step) noexcept : call_(call), step_(step) {}

  // For methods of is_followed(). Sends events; may set call.ended.
  Outcome on_message(const Message& message);

  // Everything due at step.at.
  void on_timers();

  // The pending end, if there is one, is now.
  void end_if_pending();

  // When on_timers() is due next; not known: never.
  [[nodiscard]] static UnixNs next_deadline(const Call& call) noexcept;

 private:
  // Who sent a request, or is answered by a response, in which leg and dialog.
  struct Place {
    std::uint8_t leg;
    std::uint8_t dialog;  // kNoDialog: the other party's tag is missing or not known.
    Party requester;
    std::string_view callee_tag;
  };

  Outcome on_request(const Message& message);
  Outcome on_response(const Message& message);

  Outcome on_invite(const Message& message);
  Outcome on_ack(const Message& message);
  Outcome on_offer_request(const Message& message);  // PRACK, UPDATE
  Outcome on_cancel(const Message& message);
  Outcome on_bye(const Message& message);

  Outcome on_provisional(Exchange& exchange, const Place& place, const Message& message);
  Outcome on_success(Exchange& exchange, const Place& place, const Message& message);
  Outcome on_failure(Exchange& exchange, const Message& message);
  Outcome on_offer_response(Exchange& exchange, const Place& place, const Message& message);

  [[nodiscard]] std::optional<Place> place_of(const Message& message) const noexcept;
  // Adds the leg that an INVITE of unknown tags begins; nothing where there is no room.
  std::optional<Place> begin_leg(const Message& message);
  [[nodiscard]] std::uint8_t find_dialog(std::uint8_t leg, std::string_view tag) const noexcept;
  std::uint8_t find_or_add_dialog(std::uint8_t leg, std::string_view tag);
  [[nodiscard]] bool has_confirmed(std::uint8_t leg) const noexcept;

  [[nodiscard]] Exchange* find_exchange(const Place& place, std::uint32_t cseq) noexcept;
  Exchange& add_exchange(const Place& place, const Message& message);
  [[nodiscard]] bool is_open(std::uint32_t order) const noexcept;
  [[nodiscard]] bool is_superseded(const Exchange& exchange,
                                   const MediaSource& source) const noexcept;

  // Takes in the message's session description, if any, as that of `party` in `exchange`.
  void announce(Exchange& exchange, Party party, std::uint8_t dialog, const Message& message);
  void announce_media(const MediaSource& source);
  void note_hold(Exchange& exchange);
  void take_hold(const Exchange& exchange);
  void commit(Exchange& exchange);
  void fail(Exchange& exchange);
  // Lets go of what the committed exchanges of an answered leg have replaced.
  void settle(std::uint8_t leg);
  void settle_party(std::uint8_t leg, Party party, std::uint8_t dialog);
  void retire_dialog(std::uint8_t dialog);

  void answer();
  void reject_branch(Exchange& exchange, std::string_view branch, std::uint16_t status);
  void setup_goes_on() noexcept;
  void end(EndCause cause, std::uint16_t status, UnixNs at);
  [[nodiscard]] UnixNs gone_at() const noexcept { return step_.at + step_.config.media_linger_ns; }
  void publish();

  Call& call_;
  Step& step_;
  bool ringing_now_ = false;
  bool answered_now_ = false;
  std::optional<CallHeld> held_now_;
};

// Methods that a call machine understands; others say nothing of the call's course.
[[nodiscard]] bool is_followed(Method method) noexcept;

}  // namespace opptak::control::sip
