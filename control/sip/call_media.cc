// Offers and answers (RFC 3264, RFC 6337): which media endpoints stand after each message.
#include <algorithm>

#include "control/sip/call_machine.h"
#include "control/sip/multipart.h"

namespace opptak::control::sip {

namespace {

std::size_t index_of(Party party) noexcept { return static_cast<std::size_t>(party); }

bool is_hold(const SdpMedia& media) noexcept {
  return media.held_by_address || media.direction == MediaDirection::kSendOnly ||
         media.direction == MediaDirection::kInactive;
}

}  // namespace

void CallMachine::announce(Exchange& exchange, Party party, std::uint8_t dialog,
                           const Message& message) {
  const auto body = find_sdp(message);
  if (!body) return;
  if (!scan_sdp(body->text, body->truncated, step_.sdp)) {
    ++step_.counters.sdp_malformed;
    return;
  }
  step_.counters.sdp_bad_lines += step_.sdp.bad_lines;
  step_.counters.media_left_out += step_.sdp.media_left_out;
  MediaSource source{party, exchange.leg, kNoDialog, exchange.order};
  if (party == Party::kCallee) source.dialog = dialog;
  if (exchange.state == ExchangeState::kFailed || is_superseded(exchange, source)) return;
  exchange.described[index_of(party)] = true;
  announce_media(source);
  if (exchange.in_dialog() && party == exchange.by) note_hold(exchange);
}

void CallMachine::announce_media(const MediaSource& source) {
  const std::size_t lines_max = step_.config.media_per_call_max;
  std::uint16_t index = 0;
  for (const SdpMedia& media : step_.sdp.media()) {
    const std::uint16_t place = index++;
    bool fits = true;
    if (media.receives()) {
      fits = call_.media.put(source, place, media, lines_max);
    } else if (media.port != 0 && media.udp && media.held_by_address) {
      fits = call_.media.keep_held(source, place, lines_max);
    } else if (media.port != 0 && media.udp) {
      ++step_.counters.sdp_unresolved;
    }
    if (!fits) ++step_.counters.media_left_out;
  }
}

void CallMachine::note_hold(Exchange& exchange) {
  std::optional<bool> hold;
  for (const SdpMedia& media : step_.sdp.media()) {
    if (media.kind != MediaKind::kAudio || media.port == 0) continue;
    hold = hold.value_or(true) && is_hold(media);
  }
  exchange.hold = hold;
  // An ACK brings the answer to a late offer when the exchange stands already.
  if (exchange.state == ExchangeState::kCommitted) take_hold(exchange);
}

void CallMachine::take_hold(const Exchange& exchange) {
  if (!call_.answered || !exchange.hold) return;
  bool& held = call_.held[index_of(exchange.by)];
  if (held == *exchange.hold) return;
  held = *exchange.hold;
  held_now_ = CallHeld{call_.number, step_.at, exchange.by, held};
}

void CallMachine::commit(Exchange& exchange) {
  if (exchange.state == ExchangeState::kCommitted) return;
  if (exchange.state == ExchangeState::kFailed) call_.media.revive(exchange.order);
  exchange.state = ExchangeState::kCommitted;
  take_hold(exchange);
}

void CallMachine::fail(Exchange& exchange) {
  exchange.state = ExchangeState::kFailed;
  call_.media.retire_if(
      gone_at(), [&](const MediaLine& line) { return line.source.exchange == exchange.order; });
}

void CallMachine::retire_dialog(std::uint8_t dialog) {
  call_.media.retire_if(gone_at(), [dialog](const MediaLine& line) {
    return line.source.party == Party::kCallee && line.source.dialog == dialog;
  });
}

bool CallMachine::is_open(std::uint32_t order) const noexcept {
  return std::ranges::any_of(call_.exchanges, [order](const Exchange& e) {
    return e.order == order && e.state == ExchangeState::kOpen;
  });
}

// True for what comes late: a hop's copy of an exchange that a newer one replaced, or early media
// of a fork that another has won.
bool CallMachine::is_superseded(const Exchange& exchange,
                                const MediaSource& source) const noexcept {
  if (!has_confirmed(source.leg)) return false;
  const auto confirmed = [this](std::uint8_t dialog) {
    return dialog != kNoDialog && call_.dialogs[dialog].state == DialogState::kConfirmed;
  };
  if (source.dialog != kNoDialog && !confirmed(source.dialog)) {
    return call_.media.any_active([&](const MediaLine& line) {
      return line.source.leg == source.leg && confirmed(line.source.dialog);
    });
  }
  return std::ranges::any_of(call_.exchanges, [&](const Exchange& newer) {
    const bool same_dialog =
        !newer.in_dialog() || source.dialog == kNoDialog || newer.dialog == source.dialog;
    return newer.leg == source.leg && newer.order > exchange.order && same_dialog &&
           newer.state == ExchangeState::kCommitted && newer.described[index_of(source.party)] &&
           (!newer.in_dialog() || confirmed(newer.dialog));
  });
}

void CallMachine::settle(std::uint8_t leg) {
  if (!has_confirmed(leg)) return;
  const auto confirmed = [&](const MediaLine& line) {
    return line.source.leg == leg && line.source.dialog != kNoDialog &&
           call_.dialogs[line.source.dialog].state == DialogState::kConfirmed;
  };
  if (call_.media.any_active(confirmed)) {  // The winner has said where it receives.
    call_.media.retire_if(gone_at(), [&](const MediaLine& line) {
      return line.source.party == Party::kCallee && line.source.leg == leg && !confirmed(line);
    });
  }
  settle_party(leg, Party::kCaller, kNoDialog);
  for (std::size_t i = 0; i < call_.dialogs.size(); ++i) {
    const Dialog& dialog = call_.dialogs[i];
    if (dialog.leg == leg && dialog.state == DialogState::kConfirmed) {
      settle_party(leg, Party::kCallee, static_cast<std::uint8_t>(i));
    }
  }
}

// The party's newest accepted description replaces its older ones. `dialog` is for the callee.
void CallMachine::settle_party(std::uint8_t leg, Party party, std::uint8_t dialog) {
  std::uint32_t newest = 0;
  for (const Exchange& exchange : call_.exchanges) {
    const bool counts =
        !exchange.in_dialog() ||
        (party == Party::kCaller ? call_.dialogs[exchange.dialog].state == DialogState::kConfirmed
                                 : exchange.dialog == dialog);
    if (exchange.leg == leg && exchange.state == ExchangeState::kCommitted && counts &&
        exchange.described[index_of(party)]) {
      newest = std::max(newest, exchange.order);
    }
  }
  call_.media.retire_if(gone_at(), [&](const MediaLine& line) {
    const bool same_party = line.source.party == party && line.source.leg == leg &&
                            (party == Party::kCaller || line.source.dialog == dialog);
    return same_party && line.source.exchange < newest && !is_open(line.source.exchange);
  });
}

}  // namespace opptak::control::sip
