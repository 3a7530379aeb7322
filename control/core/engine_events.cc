// What the core does with each event of the dataplane.
#include <spdlog/spdlog.h>

#include "control/core/call_end.h"
#include "control/core/engine.h"
#include "control/core/recorder.h"
#include "control/core/stream_log.h"

namespace opptak::control {

namespace {

constexpr std::uint8_t kUdp = 17;

template <class Message>
const Message* as_message(std::span<const std::uint8_t> record) {
  if (record.size() < sizeof(Message)) return nullptr;
  return reinterpret_cast<const Message*>(record.data());
}

}  // namespace

void Engine::handle(std::span<const std::uint8_t> record) {
  const auto* const header = as_message<dataplane::MessageHeader>(record);
  if (header == nullptr) return;
  state_.stats.events_total.fetch_add(1, std::memory_order_relaxed);
  const auto with = [&]<class Message>(auto&& fn) {
    if (const auto* const message = as_message<Message>(record)) fn(*message);
  };
  switch (header->type) {
    case dataplane::MessageType::kInspect:
      return handle_inspect(record);
    case dataplane::MessageType::kTick:
      return with.operator()<dataplane::Tick>([&](const dataplane::Tick& tick) {
        advance_time(tick.now);
        follower_.on_time(tick.now, calls_);
        count_handled(tick.header.thread);
      });
    case dataplane::MessageType::kStreamStarted:
      return with.operator()<dataplane::StreamStarted>(
          [&](const auto& started) { on_stream_started(state_, started); });
    case dataplane::MessageType::kStreamEnded:
      return with.operator()<dataplane::StreamEnded>(
          [&](const auto& ended) { on_stream_ended(state_, ended); });
    case dataplane::MessageType::kBarrierReached:
      return with.operator()<dataplane::BarrierReached>(
          [&](const auto& reached) { on_barrier(state_, reached); });
    case dataplane::MessageType::kInputEnded:
      return with.operator()<dataplane::InputEnded>([&](const dataplane::InputEnded& ended) {
        advance_time(ended.last_arrival);
        handle_input_ended(ended.header.thread);
      });
    case dataplane::MessageType::kRecordingDone:
      return with.operator()<dataplane::RecordingDone>([&](const auto& done) {
        if (LiveCall* const call = finish_recording(state_, done)) finish_if_done(state_, *call);
      });
    case dataplane::MessageType::kStoreState:
      return with.operator()<dataplane::StoreState>([&](const dataplane::StoreState& store) {
        on_store_state(state_, store.header.thread, store.condition);
      });
    default:
      state_.stats.events_unknown_total.fetch_add(1, std::memory_order_relaxed);
  }
}

void Engine::handle_inspect(std::span<const std::uint8_t> record) {
  const auto* const inspect = as_message<dataplane::Inspect>(record);
  if (inspect == nullptr) return;
  const auto rest = record.subspan(sizeof(dataplane::Inspect));
  count_handled(inspect->header.thread);
  state_.stats.sip_messages_total.fetch_add(1, std::memory_order_relaxed);
  if (inspect->payload_bytes > rest.size() || inspect->protocol != kUdp) {
    state_.stats.sip_not_understood_total.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  advance_time(inspect->arrival);
  follower_.on_datagram(inspect->arrival, inspect->src, inspect->dst,
                        rest.first(inspect->payload_bytes), calls_);
}

void Engine::advance_time(UnixNs now) {
  state_.clock.advance(now);
  for (const sip::CallNumber silent : run_deadlines(state_)) {
    if (silent != 0) follower_.forget(silent);
  }
}

void Engine::count_handled(std::uint16_t worker) {
  if (worker >= handled_.size()) return;
  ++handled_[worker];
  handled_changed_[worker] = true;
}

void Engine::handle_input_ended(std::uint16_t worker) {
  if (!link_.geometry().lockstep) return;  // A live gateway's calls end as they always do.
  input_ended_.insert(worker);
  if (input_ended_.size() < link_.geometry().workers) return;
  follower_.on_input_ended(calls_);
  for (const CallId& id : state_.calls.ids()) {
    LiveCall& call = *state_.calls.find(id);
    if (call.phase == CallPhase::kLive) {
      end_call(state_, call, "capture_ended", state_.clock.now(), 0);
    } else {
      drain_call(state_, call);
    }
  }
}

}  // namespace opptak::control
