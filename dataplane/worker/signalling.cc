// What goes to control as it came: SIP over UDP, and TCP segments of SIP ports. In lockstep the
// worker also waits here until control has understood it.
#include <sys/eventfd.h>
#include <unistd.h>

#include "dataplane/worker/worker.h"

namespace opptak::dataplane {

namespace {

// Media's events (a stream's end, a barrier) matter more than another SIP message: they keep a
// quarter of the ring to themselves.
constexpr std::uint64_t kEventReserveBytes = kEventRingBytes / 4;

}  // namespace

void Worker::place_text(const Frame& frame, const Work& work, bool on_sip_port) {
  const std::span payload{work.packet.payload, work.packet.payload_bytes};
  if (!on_sip_port && !looks_like_sip(payload)) return count_->add(Counter::kNotCallNotRtp);
  count_->add(send_inspect(frame, work.packet, ip_protocol::kUdp) ? Counter::kSignallingSip
                                                                  : Counter::kDroppedControlRing);
}

void Worker::place_tcp(const Frame& frame, const Work& work) {
  if (!is_sip_port(work.packet)) return count_->add(Counter::kNotCallNotUdp);
  const std::uint32_t header_bytes = (work.packet.payload[12] >> 4) * 4u;
  const bool has_data = work.packet.payload_bytes > header_bytes;
  const bool sent = !has_data || send_inspect(frame, work.packet, ip_protocol::kTcp);
  count_->add(sent ? Counter::kSignallingSipTcp : Counter::kDroppedControlRing);
}

bool Worker::send_inspect(const Frame& frame, const ParsedPacket& packet, std::uint8_t protocol) {
  const std::uint64_t size_bytes = sizeof(Inspect) + packet.payload_bytes;
  std::byte* at;
  while ((at = events_.reserve(size_bytes, kEventReserveBytes)) == nullptr) {
    if (!config_.lockstep) return false;
    wake_control();
  }
  Inspect inspect{};
  inspect.header = {MessageType::kInspect, config_.index, static_cast<std::uint32_t>(size_bytes)};
  inspect.arrival = frame.arrival;
  inspect.src = packet.src;
  inspect.dst = packet.dst;
  inspect.protocol = protocol;
  inspect.payload_bytes = packet.payload_bytes;
  std::memcpy(at, &inspect, sizeof inspect);
  std::memcpy(at + sizeof inspect, packet.payload, packet.payload_bytes);
  events_.publish();
  emitted_ = true;
  if (config_.lockstep) ++awaited_;
  return true;
}

void Worker::wait_for_control() {
  if (waiting_for_control_) return;  // A command that is carried out meanwhile places packets.
  waiting_for_control_ = true;
  while (awaited_ != handled_ && !stopping_->load(std::memory_order_relaxed)) {
    wake_control();
    handle_commands();
    if (awaited_ != handled_) std::this_thread::yield();
  }
  waiting_for_control_ = false;
}

void Worker::wake_control() {
  emitted_ = false;
  if (channel_->control_sleeping.load(std::memory_order_seq_cst) == 0) return;
  if (channel_->control_sleeping.exchange(0) == 0) return;
  (void)eventfd_write(wakeup_fd_, 1);
}

}  // namespace opptak::dataplane
