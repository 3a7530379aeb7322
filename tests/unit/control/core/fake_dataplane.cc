#include "tests/unit/control/core/fake_dataplane.h"

#include <utility>

#include "storage/base/check.h"
#include "storage/settings/settings.h"

namespace opptak::control::test {

using dataplane::MessageType;

namespace {

template <class Message>
Message read(std::span<const std::uint8_t> bytes) {
  CHECK(bytes.size() >= sizeof(Message));
  Message message;
  std::memcpy(&message, bytes.data(), sizeof message);
  return message;
}

}  // namespace

Endpoint endpoint(const std::string& text) {
  const auto parsed = storage::parse_endpoint(text);
  CHECK(parsed);
  return *parsed;
}

void FakeDataplane::sip(UnixNs at, const std::string& text, std::uint16_t worker) {
  dataplane::Inspect inspect{};
  inspect.arrival = at;
  inspect.src = endpoint("10.0.0.1:5060");
  inspect.dst = endpoint("10.0.0.2:5060");
  inspect.protocol = 17;
  inspect.payload_bytes = static_cast<std::uint32_t>(text.size());
  push(inspect, worker, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

void FakeDataplane::tick(UnixNs now, std::uint16_t worker) {
  dataplane::Tick tick{};
  tick.now = now;
  push(tick, worker);
}

void FakeDataplane::input_ended(UnixNs last, std::uint16_t worker) {
  dataplane::InputEnded ended{};
  ended.last_arrival = last;
  push(ended, worker);
}

void FakeDataplane::stream_started(const dataplane::TargetPut& target, const Endpoint& src,
                                   UnixNs at, std::uint32_t ssrc) {
  dataplane::StreamStarted started{};
  started.target = target.target;
  started.call = target.call;
  started.recording = target.recording;
  started.stream = {src, target.endpoint, ssrc};
  started.first_arrival = at;
  started.speaker =
      target.side == dataplane::Side::kCaller ? dataplane::Side::kCallee : dataplane::Side::kCaller;
  push(started, 0);
}

void FakeDataplane::stream_ended(const dataplane::TargetPut& target, const Endpoint& src,
                                 UnixNs first, UnixNs last, std::uint64_t packets,
                                 std::uint64_t dropped, std::uint32_t ssrc) {
  dataplane::StreamEnded ended{};
  ended.target = target.target;
  ended.call = target.call;
  ended.recording = target.recording;
  ended.stream = {src, target.endpoint, ssrc};
  ended.first_arrival = first;
  ended.last_arrival = last;
  ended.packets = packets;
  ended.dropped = dropped;
  ended.speaker =
      target.side == dataplane::Side::kCaller ? dataplane::Side::kCallee : dataplane::Side::kCaller;
  ended.cause = dataplane::StreamEndCause::kIdle;
  push(ended, 0);
}

void FakeDataplane::store_state(dataplane::StoreCondition condition, std::uint16_t writer) {
  dataplane::StoreState state{};
  state.condition = condition;
  push(state, writer);
}

void FakeDataplane::done(const RecordingId& recording, std::uint64_t packets,
                         std::uint64_t dropped) {
  dataplane::RecordingDone done = done_with[recording];
  done.recording = recording;
  if (packets > 0) {
    done.packets = packets;
    done.blocks = 1;
    done.extent_segment = 1;
    done.extent_offset_bytes = 4096;
    done.extent_bytes = 4096;
    done.payload_bytes = packets * 160;
  }
  done.dropped_packets = dropped;
  push(done, 0);
}

const dataplane::TargetPut* FakeDataplane::target_at(const std::string& text) const {
  const Endpoint at = endpoint(text);
  const dataplane::TargetPut* found = nullptr;
  for (const auto& [id, put] : targets) {
    if (put.endpoint == at) found = &put;  // Ids go up: the newest.
  }
  return found;
}

void FakeDataplane::restart() {
  ++generation;
  ++geometry.epoch;
  targets.clear();
  recordings.clear();
}

void FakeDataplane::take_worker(std::uint16_t worker, std::span<const std::uint8_t> message) {
  const auto header = read<dataplane::MessageHeader>(message);
  CHECK(header.size_bytes == message.size());
  if (header.type == MessageType::kBarrier && answer_barriers) {
    dataplane::BarrierReached reached{};
    reached.token = read<dataplane::Barrier>(message).token;
    push(reached, worker);
  }
  if (worker != 0) return;
  switch (header.type) {
    case MessageType::kTargetPut: {
      const auto put = read<dataplane::TargetPut>(message);
      targets[put.target] = put;
      puts.push_back(put);
      before_resync_.erase(put.target);
      order.push_back("put");
      break;
    }
    case MessageType::kTargetDrop:
      targets.erase(read<dataplane::TargetDrop>(message).target);
      order.push_back("drop");
      break;
    case MessageType::kBarrier:
      order.push_back("barrier");
      break;
    case MessageType::kInspectHandled:
      handled.push_back(read<dataplane::InspectHandled>(message).count);
      order.push_back("handled");
      break;
    case MessageType::kWorkerResyncBegin:
      before_resync_ = targets;
      order.push_back("resync_begin");
      break;
    case MessageType::kWorkerResyncEnd:
      for (const auto& [id, put] : std::exchange(before_resync_, {})) targets.erase(id);
      order.push_back("resync_end");
      break;
    default:
      CHECK(false);
  }
}

void FakeDataplane::take_writer(std::uint16_t, std::span<const std::uint8_t> message) {
  const auto header = read<dataplane::MessageHeader>(message);
  CHECK(header.size_bytes == message.size());
  switch (header.type) {
    case MessageType::kRecordingOpen: {
      const auto open = read<dataplane::RecordingOpen>(message);
      recordings[open.recording].open = open;
      ++recordings[open.recording].opens;
      recordings_before_resync_.erase(open.recording);
      break;
    }
    case MessageType::kRecordingClose: {
      const RecordingId id = read<dataplane::RecordingClose>(message).recording;
      CHECK(recordings.contains(id));
      recordings[id].closed = true;
      if (!answer_closes) break;
      const dataplane::RecordingDone answer = done_with[id];
      done(id, answer.packets, answer.dropped_packets);
      break;
    }
    case MessageType::kWriterResyncBegin:
      recordings_before_resync_ = recordings;
      break;
    case MessageType::kWriterResyncEnd:
      for (const auto& [id, one] : std::exchange(recordings_before_resync_, {})) {
        recordings.erase(id);
      }
      break;
    default:
      CHECK(false);
  }
}

LinkChange FakeLink::advance() {
  if (connected_ && (!dataplane_.reachable || generation_ != dataplane_.generation)) {
    connected_ = false;
    return LinkChange::kLost;
  }
  if (connected_ || !dataplane_.reachable) return LinkChange::kNone;
  connected_ = true;
  generation_ = dataplane_.generation;
  geometry_ = dataplane_.geometry;
  read_ = 0;
  return LinkChange::kConnected;
}

void FakeLink::send_to_worker(std::uint16_t worker, std::span<std::uint8_t> message) {
  if (connected_) dataplane_.take_worker(worker, message);
}

void FakeLink::send_to_writer(std::uint16_t writer, std::span<std::uint8_t> message) {
  if (connected_) dataplane_.take_writer(writer, message);
}

std::size_t FakeLink::poll(const Handler& handler, std::size_t budget) {
  if (!connected_) return 0;
  std::size_t taken = 0;
  for (; taken < budget && read_ < dataplane_.events.size(); ++taken) {
    handler(dataplane_.events[read_++]);
  }
  return taken;
}

void FakeLink::release() {
  dataplane_.events.erase(dataplane_.events.begin(),
                          dataplane_.events.begin() + static_cast<std::ptrdiff_t>(read_));
  read_ = 0;
}

}  // namespace opptak::control::test
