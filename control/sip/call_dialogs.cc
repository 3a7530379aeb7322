// Where a message belongs: leg, dialog (RFC 3261 section 12) and exchange, found by tags and CSeq.
#include <algorithm>

#include "control/sip/call_machine.h"

namespace opptak::control::sip {

namespace {

std::optional<std::uint8_t> find_leg(const Call& call, std::string_view tag) noexcept {
  const auto leg = std::ranges::find(call.legs, tag, &Leg::tag);
  if (leg == call.legs.end()) return std::nullopt;
  return static_cast<std::uint8_t>(leg - call.legs.begin());
}

}  // namespace

// From is the requester's in a request and in its responses alike.
std::optional<CallMachine::Place> CallMachine::place_of(const Message& message) const noexcept {
  Place place{0, kNoDialog, Party::kCaller, message.to.tag};
  if (const auto leg = find_leg(call_, message.from.tag)) {
    place.leg = *leg;
  } else if (const auto called = find_leg(call_, message.to.tag)) {
    // Also a caller of RFC 2543, who has no tag: then To of an INVITE that asks for a new dialog
    // looks the same, but it does not come from the callee.
    if (message.to.tag.empty() && message.method == Method::kInvite) return std::nullopt;
    place = Place{*called, kNoDialog, Party::kCallee, message.from.tag};
  } else {
    return std::nullopt;
  }
  place.dialog = find_dialog(place.leg, place.callee_tag);
  return place;
}

std::optional<CallMachine::Place> CallMachine::begin_leg(const Message& message) {
  const bool in_dialog = !message.to.tag.empty();
  if (call_.legs.size() == kLegsMax || (in_dialog && !call_.legs.empty())) return std::nullopt;
  call_.legs.push_back(Leg{std::string(message.from.tag), message.cseq.number});
  const auto leg = static_cast<std::uint8_t>(call_.legs.size() - 1);
  Place place{leg, kNoDialog, Party::kCaller, message.to.tag};
  if (in_dialog) {  // Picked up in the middle: who sent the INVITE counts as the caller.
    place.dialog = find_or_add_dialog(leg, message.to.tag);
    call_.dialogs[place.dialog].state = DialogState::kConfirmed;
    answer();
  }
  return place;
}

std::uint8_t CallMachine::find_dialog(std::uint8_t leg, std::string_view tag) const noexcept {
  std::uint8_t untagged = kNoDialog;
  for (std::size_t i = 0; i < call_.dialogs.size(); ++i) {
    const Dialog& dialog = call_.dialogs[i];
    if (dialog.leg != leg) continue;
    if (dialog.tag == tag) return static_cast<std::uint8_t>(i);
    if (dialog.tag.empty()) untagged = static_cast<std::uint8_t>(i);
  }
  return untagged;
}

std::uint8_t CallMachine::find_or_add_dialog(std::uint8_t leg, std::string_view tag) {
  const std::uint8_t known = find_dialog(leg, tag);
  if (known != kNoDialog) return known;
  if (call_.dialogs.size() == kDialogsMax) return kNoDialog;
  call_.dialogs.push_back(Dialog{leg, DialogState::kEarly, std::string(tag)});
  return static_cast<std::uint8_t>(call_.dialogs.size() - 1);
}

bool CallMachine::has_confirmed(std::uint8_t leg) const noexcept {
  return std::ranges::any_of(call_.dialogs, [leg](const Dialog& dialog) {
    return dialog.leg == leg && dialog.state == DialogState::kConfirmed;
  });
}

Exchange* CallMachine::find_exchange(const Place& place, std::uint32_t cseq) noexcept {
  const auto found = std::ranges::find_if(call_.exchanges, [&](const Exchange& exchange) {
    return exchange.leg == place.leg && exchange.by == place.requester && exchange.cseq == cseq;
  });
  return found == call_.exchanges.end() ? nullptr : &*found;
}

Exchange& CallMachine::add_exchange(const Place& place, const Message& message) {
  if (call_.exchanges.size() == kExchangesMax) {
    const auto failed =
        std::ranges::find(call_.exchanges, ExchangeState::kFailed, &Exchange::state);
    call_.exchanges.erase(failed == call_.exchanges.end() ? call_.exchanges.begin() : failed);
  }
  Exchange exchange;
  exchange.order = call_.next_order++;
  exchange.cseq = message.cseq.number;
  exchange.leg = place.leg;
  exchange.dialog = place.dialog;
  exchange.by = place.requester;
  return call_.exchanges.emplace_back(std::move(exchange));
}

}  // namespace opptak::control::sip
