// What time does to a worker's streams: waits end, idle streams leave, old blocks are flushed.
// Time is the packets' on capture ports and the system's on live ones; it never goes backwards.
#include <algorithm>

#include "dataplane/worker/worker.h"

namespace opptak::dataplane {

namespace {

// How often control hears the time and idle streams are looked for.
constexpr std::int64_t kTickNs = kNsPerSecond;

constexpr std::uint64_t to_us(UnixNs time) {
  return static_cast<std::uint64_t>(time.value / kNsPerUs);
}

}  // namespace

void Worker::run_timers(UnixNs now) {
  if (now < last_arrival_) now = last_arrival_;
  expire_held(now);
  flush_old_blocks(to_us(now));
  if (now - last_tick_ >= kTickNs) {
    expire_idle(to_us(now));
    tick(now);
  }
}

void Worker::expire_held(UnixNs now) {
  const std::uint64_t now_us = to_us(now);
  const auto wait_us = static_cast<std::uint64_t>(config_.decision_wait_ns / kNsPerUs);
  while (HeldPacket* held = waiting_.front()) {
    if (held->arrival_us + wait_us > now_us) return;
    StreamDetails& details = streams_.details(held->stream);
    details.held_first = held->next_of_stream;
    if (details.held_first == 0) details.held_last = 0;
    Stream& stream = streams_.at(held->stream);
    if (stream.state == StreamState::kWaiting && details.held_first == 0) {
      stream.state = StreamState::kUnknown;
    }
    WaitingRoom::take(*held);
    count_->subtract(Counter::kHeld);
    count_->add(Counter::kNotCallNoSignalling);
  }
}

void Worker::expire_idle(std::uint64_t now_us) {
  for (std::uint32_t entry = 0; entry < streams_.used(); ++entry) {
    Stream& stream = streams_.at(entry);
    if (stream.state == StreamState::kFree) continue;
    if (stream.last_arrival_us + config_.idle_timeout_us > now_us) continue;
    if (streams_.details(entry).held_first != 0) continue;
    if (stream.target != kNoEntry) unbind(entry, StreamEndCause::kIdle);
    remove_stream(entry);
  }
}

void Worker::tick(UnixNs now) {
  last_tick_ = now;
  Tick message{};
  message.now = now;
  emit(message);
  if (!config_.lockstep) return;
  ++awaited_;
  wait_for_control();
}

// The last packet of a capture: nothing that still waits will be decided any more.
void Worker::end_input() {
  input_ended_ = true;
  if (config_.lockstep) wait_for_control();
  const UnixNs end = last_arrival_ + config_.decision_wait_ns;
  expire_held(end);
  InputEnded ended{};
  ended.last_arrival = last_arrival_;
  emit(ended);
  wake_control();
}

void Worker::account_missed(RxQueue& queue) {
  missed_at_ = last_tick_;
  const std::uint64_t missed = queue.missed();
  if (missed <= missed_) return;
  count_->add(Counter::kReceived, missed - missed_);
  count_->add(Counter::kDroppedNic, missed - missed_);
  missed_ = missed;
}

}  // namespace opptak::dataplane
