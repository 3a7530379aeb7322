// Requests, responses and timers. What they do to media is in call_media.cc.
#include "control/sip/call_machine.h"

#include <algorithm>

#include "control/sip/hash.h"
#include "control/sip/multipart.h"
#include "control/sip/via.h"

namespace opptak::control::sip {

namespace {

Party other(Party party) noexcept {
  return party == Party::kCaller ? Party::kCallee : Party::kCaller;
}

Branch* find_branch(Exchange& exchange, std::string_view branch) noexcept {
  const std::uint64_t hash = fnv1a(branch);
  const auto found = std::ranges::find(exchange.branches, hash, &Branch::hash);
  return found == exchange.branches.end() ? nullptr : &*found;
}

// Of the branches closest to the caller: what fails there has failed for the caller, what fails
// further on a proxy may still try elsewhere.
template <class Predicate>
bool all_closest(const Exchange& exchange, Predicate which) noexcept {
  std::uint32_t fewest = UINT32_MAX;
  for (const Branch& branch : exchange.branches) fewest = std::min(fewest, branch.via_count);
  return std::ranges::all_of(exchange.branches, [&](const Branch& branch) {
    return branch.via_count != fewest || which(branch);
  });
}

bool has_failed(const Branch& branch) noexcept { return branch.failed; }

}  // namespace

bool is_followed(Method method) noexcept {
  switch (method) {
    case Method::kInvite:
    case Method::kAck:
    case Method::kBye:
    case Method::kCancel:
    case Method::kPrack:
    case Method::kUpdate:
      return true;
    default:
      return false;
  }
}

Outcome CallMachine::on_message(const Message& message) {
  const Outcome outcome = message.is_request() ? on_request(message) : on_response(message);
  publish();
  return outcome;
}

Outcome CallMachine::on_request(const Message& message) {
  switch (message.method) {
    case Method::kInvite:
      return on_invite(message);
    case Method::kAck:
      return on_ack(message);
    case Method::kBye:
      return on_bye(message);
    case Method::kCancel:
      return on_cancel(message);
    default:
      return on_offer_request(message);
  }
}

Outcome CallMachine::on_response(const Message& message) {
  if (message.method == Method::kBye) {
    // The BYE itself may have been lost to the mirror.
    return message.status < 300 ? on_bye(message) : Outcome::kFollowed;
  }
  if (message.method == Method::kCancel || message.method == Method::kAck) {
    return Outcome::kFollowed;
  }
  const auto place = place_of(message);
  if (!place) return Outcome::kUnmatchedDialog;
  Exchange* exchange = find_exchange(*place, message.cseq.number);
  if (message.method != Method::kInvite) {
    if (exchange == nullptr || exchange->invite) return Outcome::kFollowed;  // Carried no offer.
    return on_offer_response(*exchange, *place, message);
  }
  if (exchange == nullptr || !exchange->invite) return Outcome::kUnmatchedDialog;
  if (message.status < 200) return on_provisional(*exchange, *place, message);
  if (message.status < 300) return on_success(*exchange, *place, message);
  return on_failure(*exchange, message);
}

Outcome CallMachine::on_invite(const Message& message) {
  auto place = place_of(message);
  if (!place) place = begin_leg(message);
  if (!place) return Outcome::kUnmatchedDialog;
  Exchange* exchange = find_exchange(*place, message.cseq.number);
  if (exchange == nullptr) {
    for (Exchange& older : call_.exchanges) {
      if (!older.invite || older.leg != place->leg || older.by != place->requester) continue;
      if (older.cseq > message.cseq.number) return Outcome::kLate;
      // One INVITE at a time (RFC 3261 section 14.1): the mirror missed how that one ended.
      if (older.state == ExchangeState::kOpen) fail(older);
    }
    exchange = &add_exchange(*place, message);
    exchange->invite = true;
    if (place->requester == Party::kCaller) {
      call_.legs[place->leg].invite_cseq = message.cseq.number;
    }
    setup_goes_on();
  }
  if (find_branch(*exchange, message.via_branch) == nullptr) {
    if (exchange->branches.size() < kBranchesMax) {
      exchange->branches.push_back(Branch{fnv1a(message.via_branch), message.via_count});
    }
    if (exchange->state == ExchangeState::kFailed) {  // A proxy tries the next target.
      exchange->state = ExchangeState::kOpen;
      call_.media.revive(exchange->order);
    }
    setup_goes_on();
  } else if (exchange->state == ExchangeState::kFailed) {
    return Outcome::kLate;
  }
  announce(*exchange, place->requester, place->dialog, message);
  return Outcome::kFollowed;
}

Outcome CallMachine::on_ack(const Message& message) {
  const auto place = place_of(message);
  if (!place) return Outcome::kUnmatchedDialog;
  Exchange* exchange = find_exchange(*place, message.cseq.number);
  if (exchange == nullptr || !exchange->invite) return Outcome::kUnmatchedDialog;
  if (exchange->state == ExchangeState::kFailed) return Outcome::kFollowed;
  if (exchange->state == ExchangeState::kOpen) {
    // No final response was seen. The ACK to a failure goes in the INVITE's own transaction, the
    // one to a success in another (RFC 3261 section 17.1.1.3).
    const bool same_transaction = message.via_branch.starts_with(kBranchMagic) &&
                                  find_branch(*exchange, message.via_branch) != nullptr;
    if (same_transaction) {
      reject_branch(*exchange, message.via_branch, 0);
      return Outcome::kFollowed;
    }
    return on_success(*exchange, *place, message);
  }
  announce(*exchange, place->requester, place->dialog, message);
  settle(exchange->leg);
  return Outcome::kFollowed;
}

Outcome CallMachine::on_offer_request(const Message& message) {
  auto place = place_of(message);
  if (!place || place->callee_tag.empty()) return Outcome::kUnmatchedDialog;
  // A mirror of one direction shows no response that would have begun the dialog.
  place->dialog = find_or_add_dialog(place->leg, place->callee_tag);
  if (place->dialog == kNoDialog) return Outcome::kUnmatchedDialog;
  Exchange* exchange = find_exchange(*place, message.cseq.number);
  if (exchange == nullptr) {
    if (!find_sdp(message)) return Outcome::kFollowed;
    exchange = &add_exchange(*place, message);
  }
  announce(*exchange, place->requester, place->dialog, message);
  return Outcome::kFollowed;
}

Outcome CallMachine::on_cancel(const Message& message) {
  const auto place = place_of(message);
  if (!place) return Outcome::kUnmatchedDialog;
  Exchange* exchange = find_exchange(*place, message.cseq.number);
  if (exchange == nullptr || !exchange->invite) return Outcome::kUnmatchedDialog;
  if (exchange->state == ExchangeState::kCommitted) return Outcome::kLate;
  if (Branch* branch = find_branch(*exchange, message.via_branch)) branch->cancelled = true;
  const auto given_up = [](const Branch& branch) { return branch.cancelled || branch.failed; };
  if (exchange->in_dialog() || call_.answered || call_.cancelled.deadline.known() ||
      !all_closest(*exchange, given_up)) {
    return Outcome::kFollowed;
  }
  call_.cancelled =
      PendingEnd{step_.at + step_.config.cancel_timeout_ns, step_.at, EndCause::kCancelled, 0};
  return Outcome::kFollowed;
}

Outcome CallMachine::on_bye(const Message& message) {
  const auto place = place_of(message);
  if (!place) return Outcome::kUnmatchedDialog;
  if (call_.rejected.deadline.known()) {  // It has ended already, and the BYE says for good.
    end_if_pending();
    return Outcome::kFollowed;
  }
  if (place->dialog == kNoDialog) {
    // A fork that was never seen, unless the answer itself was not.
    if (has_confirmed(place->leg)) return Outcome::kUnmatchedDialog;
    end(EndCause::kBye, 0, step_.at);
    return Outcome::kFollowed;
  }
  Dialog& dialog = call_.dialogs[place->dialog];
  if (dialog.state == DialogState::kEnded) return Outcome::kLate;
  const bool was_early = dialog.state == DialogState::kEarly;
  dialog.state = DialogState::kEnded;
  const auto lives = [&](const Dialog& d) {
    // The caller may end one early dialog of several (RFC 3261 section 15).
    const bool fork = was_early && !call_.answered && place->requester == Party::kCaller;
    return d.state == DialogState::kConfirmed || (fork && d.state == DialogState::kEarly);
  };
  if (std::ranges::any_of(call_.dialogs, lives)) {
    retire_dialog(place->dialog);
  } else {
    end(EndCause::kBye, 0, step_.at);
  }
  return Outcome::kFollowed;
}

Outcome CallMachine::on_provisional(Exchange& exchange, const Place& place,
                                    const Message& message) {
  if (exchange.state == ExchangeState::kFailed) return Outcome::kLate;
  setup_goes_on();
  if (message.status == 100) return Outcome::kFollowed;
  std::uint8_t dialog = place.dialog;
  if (!exchange.in_dialog()) {
    dialog = find_or_add_dialog(place.leg, place.callee_tag);
    if (dialog == kNoDialog) return Outcome::kUnmatchedDialog;
    if (message.status == 180 && !call_.answered && !call_.rang) {
      call_.rang = true;
      ringing_now_ = true;
    }
  }
  announce(exchange, other(exchange.by), dialog, message);
  return Outcome::kFollowed;
}

// A 2xx, or the ACK to one that was not seen.
Outcome CallMachine::on_success(Exchange& exchange, const Place& place, const Message& message) {
  std::uint8_t dialog = place.dialog;
  if (!exchange.in_dialog()) {
    dialog = find_or_add_dialog(place.leg, place.callee_tag);
    if (dialog == kNoDialog) return Outcome::kUnmatchedDialog;
    if (call_.dialogs[dialog].state == DialogState::kEnded) return Outcome::kLate;
    call_.dialogs[dialog].state = DialogState::kConfirmed;
    answer();
  }
  commit(exchange);
  announce(exchange, message.is_request() ? exchange.by : other(exchange.by), dialog, message);
  settle(exchange.leg);
  return Outcome::kFollowed;
}

Outcome CallMachine::on_failure(Exchange& exchange, const Message& message) {
  if (exchange.state == ExchangeState::kCommitted) return Outcome::kFollowed;  // A losing fork.
  reject_branch(exchange, message.via_branch, message.status);
  return Outcome::kFollowed;
}

Outcome CallMachine::on_offer_response(Exchange& exchange, const Place& place,
                                       const Message& message) {
  if (message.status < 200) return Outcome::kFollowed;
  if (message.status >= 300) {
    if (exchange.state == ExchangeState::kOpen) fail(exchange);
    return Outcome::kFollowed;
  }
  commit(exchange);
  announce(exchange, other(exchange.by), place.dialog, message);
  settle(exchange.leg);
  return Outcome::kFollowed;
}

void CallMachine::answer() {
  call_.setup_deadline = {};
  call_.rejected = {};
  call_.cancelled = {};
  if (call_.answered) return;
  call_.answered = true;
  answered_now_ = true;
}

void CallMachine::setup_goes_on() noexcept {
  if (call_.answered) return;
  call_.rejected = {};
  call_.setup_deadline = step_.at + step_.config.setup_timeout_ns;
}

void CallMachine::reject_branch(Exchange& exchange, std::string_view branch_text,
                                std::uint16_t status) {
  Branch* branch = find_branch(exchange, branch_text);
  if (branch == nullptr || exchange.state == ExchangeState::kFailed) return;
  branch->failed = true;
  if (!all_closest(exchange, has_failed)) return;
  const bool cancelled =
      status == 487 || std::ranges::any_of(exchange.branches, &Branch::cancelled);
  fail(exchange);
  if (exchange.in_dialog() || call_.answered) return;
  const auto still_open = [](const Exchange& e) {
    return e.invite && !e.in_dialog() && e.state == ExchangeState::kOpen;
  };
  if (std::ranges::any_of(call_.exchanges, still_open)) return;
  call_.cancelled = {};
  const std::int64_t window_ns = status == 401 || status == 407 ? step_.config.challenge_window_ns
                                                                : step_.config.retry_window_ns;
  call_.rejected = PendingEnd{step_.at + window_ns, step_.at,
                              cancelled ? EndCause::kCancelled : EndCause::kRejected, status};
}

void CallMachine::end(EndCause cause, std::uint16_t status, UnixNs at) {
  call_.ended = CallEnded{call_.number, at, cause, status};
}

void CallMachine::on_timers() {
  const auto due = [this](UnixNs deadline) { return deadline.known() && deadline <= step_.at; };
  if (due(call_.rejected.deadline) || due(call_.cancelled.deadline)) {
    end_if_pending();
  } else if (due(call_.setup_deadline)) {
    end(EndCause::kSetupTimeout, 0, call_.setup_deadline);
  } else if (due(call_.media.next_expiry())) {
    call_.media.expire(step_.at);
    publish();
  }
}

void CallMachine::end_if_pending() {
  for (const PendingEnd* pending : {&call_.rejected, &call_.cancelled}) {
    if (!pending->deadline.known()) continue;
    end(pending->cause, pending->status, pending->at);
    return;
  }
}

UnixNs CallMachine::next_deadline(const Call& call) noexcept {
  UnixNs next;
  for (const UnixNs deadline : {call.rejected.deadline, call.cancelled.deadline,
                                call.setup_deadline, call.media.next_expiry()}) {
    if (deadline.known() && (!next.known() || deadline < next)) next = deadline;
  }
  return next;
}

void CallMachine::publish() {
  const UnixNs at = step_.at;
  if (!call_.ended && call_.media.take_changed()) {
    MediaChanged changed{call_.number, at, call_.media.current()};
    const std::uint64_t print = fingerprint(changed.media);
    if (print != call_.sent_fingerprint) {
      call_.sent_fingerprint = print;
      step_.observer.on_media(changed);
    }
  }
  if (ringing_now_) step_.observer.on_ringing(CallRinging{call_.number, at});
  if (answered_now_) step_.observer.on_answered(CallAnswered{call_.number, at});
  if (held_now_) step_.observer.on_held(*held_now_);
}

}  // namespace opptak::control::sip
