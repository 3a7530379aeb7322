#include "control/core/call_follower.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "control/core/call_end.h"
#include "control/core/media_targets.h"
#include "control/core/recorder.h"

namespace opptak::control {

namespace {

const char* name_of(sip::EndCause cause) {
  switch (cause) {
    case sip::EndCause::kBye:
      return "bye";
    case sip::EndCause::kCancelled:
      return "cancelled";
    case sip::EndCause::kRejected:
      return "rejected";
    case sip::EndCause::kSetupTimeout:
      return "setup_timeout";
    case sip::EndCause::kEvicted:
      return "evicted";
  }
  return "bye";
}

const char* name_of(sip::Party party) { return party == sip::Party::kCaller ? "caller" : "callee"; }

bool has_encrypted_audio(const std::vector<sip::MediaEndpoint>& media) {
  return std::ranges::any_of(media, [](const sip::MediaEndpoint& one) {
    return one.kind == sip::MediaKind::kAudio && one.encrypted;
  });
}

}  // namespace

bool CallFollower::handled_before(const sip::CallStarted& started) {
  if (!repeats_) return false;
  const auto rows = catalogue_.calls_by_sip_call_id(started.sip_call_id);
  if (!rows) return false;
  return std::ranges::any_of(*rows,
                             [&](const CallRow& row) { return row.started_at == started.at; });
}

void CallFollower::on_started(const sip::CallStarted& started) {
  if (handled_before(started)) return;
  CallFacts facts;
  if (started.campaign_header) facts.campaign_header = *started.campaign_header;
  facts.called_number = started.request_user.empty() ? started.to_user : started.request_user;
  facts.calling_number = started.from_user;
  Decision decision = state_.policy.decide(facts);

  auto call = std::make_unique<LiveCall>();
  call->number = started.call;
  call->order = state_.next_call_order++;
  call->retention_days = decision.retention_days;
  CallRow& row = call->row;
  row.id = state_.make_call_id(started.at);
  row.sip_call_id = started.sip_call_id;
  row.from = started.from_user;
  row.to = started.to_user;
  row.campaign = std::move(decision.campaign);
  row.client = std::move(decision.client);
  row.mode = decision.mode;
  row.policy_rule = std::move(decision.rule_name);
  row.conversation_id = to_string(row.id);
  row.started_at = started.at;

  LiveCall& added = state_.calls.add(std::move(call));
  note_activity(state_, added);
  state_.deadlines.schedule(state_.clock.age_ns() + state_.settings.silence_timeout_ns,
                            added.row.id);
  state_.add_event(
      added, started.at, "invite",
      fmt::format(R"({{"src":"{}","dst":"{}"}})", to_string(started.src), to_string(started.dst)));
  state_.stats.calls_started_total.fetch_add(1, std::memory_order_relaxed);
  state_.touch(added);
}

void CallFollower::on_media(const sip::MediaChanged& changed) {
  LiveCall* const call = state_.calls.find_number(changed.call);
  if (call == nullptr) return;
  note_activity(state_, *call);
  const bool first = call->targets.empty();
  const bool audio = apply_media(state_, *call, changed.media);
  if (!first) state_.add_event(*call, changed.at, "media_moved");
  if (audio && has_encrypted_audio(changed.media)) {
    state_.add_event(*call, changed.at, "encrypted_media");
  }
  const bool wanted = audio && call->row.mode == Mode::kAutomatic && call->current.is_nil() &&
                      !call->refused_no_key && !call->refused_store_full;
  if (wanted) [[maybe_unused]]
    const auto id_or_refusal = want_recording(state_, *call);
}

void CallFollower::on_ringing(const sip::CallRinging& ringing) {
  LiveCall* const call = state_.calls.find_number(ringing.call);
  if (call == nullptr) return;
  note_activity(state_, *call);
  state_.add_event(*call, ringing.at, "ringing");
}

void CallFollower::on_answered(const sip::CallAnswered& answered) {
  LiveCall* const call = state_.calls.find_number(answered.call);
  if (call == nullptr) return;
  note_activity(state_, *call);
  call->row.answered = true;
  call->row.answered_at = answered.at;
  state_.add_event(*call, answered.at, "answered");
  state_.touch(*call);
}

void CallFollower::on_held(const sip::CallHeld& held) {
  LiveCall* const call = state_.calls.find_number(held.call);
  if (call == nullptr) return;
  note_activity(state_, *call);
  state_.add_event(*call, held.at, held.held ? "hold" : "resumed",
                   fmt::format(R"({{"by":"{}"}})", name_of(held.by)));
}

void CallFollower::on_ended(const sip::CallEnded& ended) {
  LiveCall* const call = state_.calls.find_number(ended.call);
  if (call == nullptr) return;
  end_call(state_, *call, name_of(ended.cause), ended.at, state_.settings.media_linger_ns);
}

}  // namespace opptak::control
