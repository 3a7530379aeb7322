#include "control/render/engine/reorder.h"

#include <array>
#include <cstring>
#include <unordered_map>
#include <utility>

#include <ortp/ortp.h>

#include "storage/base/bytes.h"

namespace opptak::control::render {
namespace {

constexpr std::uint32_t kSessionClockHz = 8'000;  // Of payload type 0 in oRTP's default profile.
constexpr int kPacketsMax = 4'096;                // In one jitter buffer.
constexpr std::size_t kWireBytes = 16;            // RTP header, and our number of the packet.

}  // namespace

class Reorder::Session {
 public:
  explicit Session(std::uint32_t clock_hz) : clock_hz_(clock_hz) {
    session_ = rtp_session_new(RTP_SESSION_RECVONLY);
    rtp_session_set_scheduling_mode(session_, FALSE);
    rtp_session_set_blocking_mode(session_, FALSE);
    rtp_session_set_symmetric_rtp(session_, FALSE);
    rtp_session_enable_rtcp(session_, FALSE);
    session_->permissive = TRUE;  // Delivers all that is due, not only the newest.
    JBParameters jitter{};
    // oRTP turns ms into ticks of kSessionClockHz; ours may be others.
    jitter.nom_size = static_cast<int>(std::uint64_t{kReorderMs} * clock_hz / kSessionClockHz);
    jitter.enabled = TRUE;
    jitter.max_packets = kPacketsMax;
    rtp_session_set_jitter_buffer_params(session_, &jitter);
    transport_.data = this;
    transport_.session = session_;
    transport_.t_recvfrom = &Session::receive;
    transport_.t_sendto = [](RtpTransport*, mblk_t* message, int, const sockaddr*, socklen_t) {
      return static_cast<int>(msgdsize(message));
    };
    transport_.t_destroy = [](RtpTransport*) {};
    // Without an endpoint of its own RTCP would ask the kernel for a packet.
    rtcp_transport_ = transport_;
    rtcp_transport_.t_recvfrom = [](RtpTransport*, mblk_t*, int, sockaddr*, socklen_t*) {
      return 0;
    };
    rtp_session_get_transports(session_, &meta_, &rtcp_meta_);
    meta_rtp_transport_set_endpoint(meta_, &transport_);
    meta_rtp_transport_set_endpoint(rtcp_meta_, &rtcp_transport_);
  }

  ~Session() {
    meta_rtp_transport_set_endpoint(meta_, nullptr);
    meta_rtp_transport_set_endpoint(rtcp_meta_, nullptr);
    rtp_session_destroy(session_);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void push(std::int64_t since_start_us, std::uint16_t sequence, OrderedPacket packet,
            const Deliver& deliver) {
    const std::uint32_t number = next_number_++;
    wire_ = {};
    wire_[0] = 0x80;  // Version 2; payload type 0.
    store_be(&wire_[2], sequence);
    store_be(&wire_[4], packet.timestamp);
    store_be(&wire_[8], std::uint32_t{1});  // Any SSRC, as long as it stays.
    store_be(&wire_[12], number);
    waiting_.emplace(number, std::move(packet));
    has_wire_ = true;
    // A query for the same time twice does not read the transport: times go up by one at least.
    const auto ticks = static_cast<std::uint64_t>(since_start_us) * clock_hz_ / 1'000'000;
    now_ = std::max(now_ + 1, ticks);
    deliver_due(deliver);
    if (waiting_.size() > std::size_t{kPacketsMax} * 2) forget_dropped();
  }

  void finish(const Deliver& deliver) {
    now_ += std::uint64_t{clock_hz_} * 3'600;
    deliver_due(deliver);
    waiting_.clear();
  }

 private:
  static int receive(RtpTransport* transport, mblk_t* message, int, sockaddr* from,
                     socklen_t* from_bytes) {
    auto* self = static_cast<Session*>(transport->data);
    if (!std::exchange(self->has_wire_, false)) return 0;
    std::memcpy(message->b_wptr, self->wire_.data(), kWireBytes);
    sockaddr_in nowhere{};
    nowhere.sin_family = AF_INET;
    std::memcpy(from, &nowhere, sizeof nowhere);
    *from_bytes = sizeof nowhere;
    return static_cast<int>(kWireBytes);
  }

  void deliver_due(const Deliver& deliver) {
    while (mblk_t* message =
               rtp_session_recvm_with_ts(session_, static_cast<std::uint32_t>(now_))) {
      if (msgdsize(message) >= kWireBytes) {
        const auto found = waiting_.find(load_be<std::uint32_t>(message->b_rptr + 12));
        if (found != waiting_.end()) {
          deliver(found->second);
          waiting_.erase(found);
        }
      }
      freemsg(message);
    }
  }

  // Copies and late packets that oRTP has dropped are known by their age.
  void forget_dropped() {
    std::erase_if(waiting_, [this](const auto& entry) {
      return next_number_ - entry.first > std::uint32_t{kPacketsMax};
    });
  }

  std::uint32_t clock_hz_;
  RtpSession* session_ = nullptr;
  RtpTransport transport_{};
  RtpTransport rtcp_transport_{};
  RtpTransport* meta_ = nullptr;
  RtpTransport* rtcp_meta_ = nullptr;
  std::array<std::uint8_t, kWireBytes> wire_{};
  bool has_wire_ = false;
  std::uint64_t now_ = 0;
  std::uint32_t next_number_ = 0;
  std::unordered_map<std::uint32_t, OrderedPacket> waiting_;
};

Reorder::Reorder(std::uint32_t clock_hz) {
  static const bool once = [] {
    ortp_init();  // Without it no payload type has a clock.
    ortp_set_log_level_mask(nullptr, 0);
    return true;
  }();
  static_cast<void>(once);
  session_ = std::make_unique<Session>(clock_hz);
}
Reorder::~Reorder() = default;

void Reorder::push(std::int64_t since_start_us, std::uint16_t sequence, OrderedPacket packet,
                   const Deliver& deliver) {
  session_->push(since_start_us, sequence, std::move(packet), deliver);
}

void Reorder::finish(const Deliver& deliver) { session_->finish(deliver); }

void prepare_reorder() { const Reorder first(kSessionClockHz); }

}  // namespace opptak::control::render
