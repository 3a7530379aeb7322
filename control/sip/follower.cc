#include "control/sip/follower.h"

#include <algorithm>

#include "control/sip/call_machine.h"
#include "control/sip/ended_calls.h"
#include "control/sip/printable.h"
#include "control/sip/scanner.h"
#include "control/sip/snapshot.h"
#include "control/sip/timer_queue.h"
#include "control/sip/uri.h"
#include "storage/base/check.h"

namespace opptak::control::sip {

namespace {

// Where a datagram came from and went to.
struct Hop {
  Endpoint src;
  Endpoint dst;
};

std::string user_text(std::string_view user) {
  return printable_utf8(decode_escapes(user.substr(0, 3 * kFieldBytesMax)), kFieldBytesMax);
}

CallStarted started(CallNumber number, UnixNs at, const Hop& hop, const Message& invite) {
  CallStarted event{number,
                    at,
                    printable_utf8(invite.call_id, kFieldBytesMax),
                    user_text(invite.from.user),
                    user_text(invite.to.user),
                    user_text(uri_user(invite.request_uri)),
                    hop.src,
                    hop.dst,
                    std::nullopt};
  if (invite.extra) event.campaign_header = printable_utf8(*invite.extra, kFieldBytesMax);
  return event;
}

}  // namespace

class Follower::Impl {
 public:
  explicit Impl(FollowerConfig config)
      : config_(std::move(config)),
        by_call_id_(0, CallIdHash{config_.hash_key}),
        ended_(config_.ended_calls_max, config_.ended_memory_ns, CallIdHash{config_.hash_key}) {}

  void on_datagram(UnixNs at, const Hop& hop, std::span<const std::uint8_t> payload,
                   Observer& observer) {
    on_time(at, observer);
    ++counters_.datagrams;
    const auto message = scan_message(payload, config_.campaign_header);
    if (!message) {
      ++counters_.malformed[static_cast<std::size_t>(message.error())];
    } else if (!is_followed(message->method)) {
      ++counters_.ignored;
    } else {
      on_message(*message, hop, observer);
    }
  }

  void on_time(UnixNs at, Observer& observer) {
    now_ = std::max(now_, at);
    while (const auto due = timers_.take_due(now_)) {
      const auto found = calls_.find(due->call);
      if (found == calls_.end() || found->second->timer_at != due->at) continue;
      Call& call = *found->second;
      call.timer_at = {};
      Step step = step_at(due->at, observer);
      CallMachine(call, step).on_timers();
      after_step(call, observer);
    }
    ended_.expire(now_);
  }

  void on_input_ended(Observer& observer) {
    std::vector<CallNumber> numbers;
    for (const auto& [number, call] : calls_) {
      if (call->rejected.deadline.known() || call->cancelled.deadline.known()) {
        numbers.push_back(number);
      }
    }
    std::ranges::sort(numbers);
    Step step = step_at(now_, observer);
    for (const CallNumber number : numbers) {
      Call& call = *calls_.at(number);
      CallMachine(call, step).end_if_pending();
      after_step(call, observer);
    }
  }

  std::optional<CallNumber> restore(std::string_view text) {
    auto call = read_snapshot(text);
    if (!call || by_call_id_.contains(call->call_id) || calls_.size() >= config_.calls_max) {
      return std::nullopt;
    }
    Call& added = add_call(std::make_unique<Call>(std::move(*call)));
    if (added.answered) leave_unanswered(added);
    set_timer(added);
    ++counters_.calls_restored;
    return added.number;
  }

  void forget(CallNumber number) {
    Call* call = find(number);
    if (call == nullptr) return;
    ++counters_.calls_forgotten;
    remove(*call);
  }

  [[nodiscard]] Call* find(CallNumber number) const {
    const auto found = calls_.find(number);
    return found == calls_.end() ? nullptr : found->second.get();
  }

  [[nodiscard]] std::size_t call_count() const noexcept { return calls_.size(); }
  [[nodiscard]] const FollowerCounters& counters() const noexcept { return counters_; }

 private:
  Step step_at(UnixNs at, Observer& observer) {
    return Step{at, config_, counters_, observer, sdp_};
  }

  void on_message(const Message& message, const Hop& hop, Observer& observer) {
    const auto known = by_call_id_.find(message.call_id);
    Call* call = known == by_call_id_.end() ? nullptr : find(known->second);
    if (call == nullptr) {
      call = begin(message, hop, observer);
      if (call == nullptr) return;
    }
    const bool was_answered = call->answered;
    Step step = step_at(now_, observer);
    switch (CallMachine(*call, step).on_message(message)) {
      case Outcome::kFollowed:
        ++counters_.followed;
        if (message.defects != 0) ++counters_.defective;
        break;
      case Outcome::kLate:
        ++counters_.late;
        break;
      case Outcome::kUnmatchedDialog:
        ++counters_.unmatched_dialog;
        break;
    }
    if (!was_answered && call->answered) leave_unanswered(*call);
    after_step(*call, observer);
  }

  // A new call where the message begins one; otherwise counts why not.
  Call* begin(const Message& message, const Hop& hop, Observer& observer) {
    const bool invite = message.is_request() && message.method == Method::kInvite;
    if (ended_.contains(message.call_id) && !(invite && ended_.begins_anew(message))) {
      ++counters_.late;
      return nullptr;
    }
    if (!invite) {
      ++counters_.unmatched_call;
      return nullptr;
    }
    if (calls_.size() >= config_.calls_max && !evict(observer)) {
      ++counters_.refused_calls;
      return nullptr;
    }
    auto call = std::make_unique<Call>();
    call->call_id = std::string(message.call_id);
    Call& added = add_call(std::move(call));
    ++counters_.calls_started;
    observer.on_started(started(added.number, now_, hop, message));
    return &added;
  }

  Call& add_call(std::unique_ptr<Call> call) {
    call->number = next_number_++;
    unanswered_.push_back(call->number);
    call->unanswered_entry = std::prev(unanswered_.end());
    by_call_id_.emplace(call->call_id, call->number);
    Call& added = *call;
    calls_.emplace(added.number, std::move(call));
    return added;
  }

  void leave_unanswered(Call& call) { unanswered_.erase(call.unanswered_entry); }

  // Makes room by ending the oldest call that is not answered.
  bool evict(Observer& observer) {
    if (unanswered_.empty()) return false;
    Call* call = find(unanswered_.front());
    CHECK(call != nullptr);
    call->ended = CallEnded{call->number, now_, EndCause::kEvicted, 0};
    ++counters_.calls_evicted;
    after_step(*call, observer);
    return true;
  }

  // Sends the end of a call and lets it go, or sees to its next timer.
  void after_step(Call& call, Observer& observer) {
    if (!call.ended) {
      set_timer(call);
      return;
    }
    const CallEnded ended = *call.ended;
    ++counters_.calls_ended;
    remove(call);
    observer.on_ended(ended);
  }

  void set_timer(Call& call) {
    const UnixNs next = CallMachine::next_deadline(call);
    if (!next.known() || (call.timer_at.known() && call.timer_at <= next)) return;
    call.timer_at = next;
    timers_.add(next, call.number);
  }

  void remove(Call& call) {
    if (!call.answered) leave_unanswered(call);
    const CallNumber number = call.number;
    by_call_id_.erase(by_call_id_.find(call.call_id));
    ended_.remember(std::move(call), now_);
    calls_.erase(number);
  }

  FollowerConfig config_;
  FollowerCounters counters_;
  UnixNs now_;
  CallNumber next_number_ = 1;
  std::unordered_map<CallNumber, std::unique_ptr<Call>> calls_;
  CallIdMap<CallNumber> by_call_id_;
  std::list<CallNumber> unanswered_;  // Oldest first.
  TimerQueue timers_;
  EndedCalls ended_;
  Sdp sdp_;
};

Follower::Follower(FollowerConfig config) : impl_(std::make_unique<Impl>(std::move(config))) {}

Follower::~Follower() = default;

void Follower::on_datagram(UnixNs at, const Endpoint& src, const Endpoint& dst,
                           std::span<const std::uint8_t> payload, Observer& observer) {
  impl_->on_datagram(at, Hop{src, dst}, payload, observer);
}

void Follower::on_time(UnixNs now, Observer& observer) { impl_->on_time(now, observer); }

void Follower::on_input_ended(Observer& observer) { impl_->on_input_ended(observer); }

std::string Follower::snapshot(CallNumber call) const {
  const Call* found = impl_->find(call);
  return found == nullptr ? std::string{} : write_snapshot(*found);
}

std::optional<CallNumber> Follower::restore(std::string_view snapshot) {
  return impl_->restore(snapshot);
}

void Follower::forget(CallNumber call) { impl_->forget(call); }

std::vector<MediaEndpoint> Follower::media(CallNumber call) const {
  const Call* found = impl_->find(call);
  return found == nullptr ? std::vector<MediaEndpoint>{} : found->media.current();
}

bool Follower::answered(CallNumber call) const {
  const Call* found = impl_->find(call);
  return found != nullptr && found->answered;
}

std::size_t Follower::call_count() const noexcept { return impl_->call_count(); }

const FollowerCounters& Follower::counters() const noexcept { return impl_->counters(); }

}  // namespace opptak::control::sip
