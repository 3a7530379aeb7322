// A stage for call flows: messages between alice (the caller) and bob, and what the follower tells
// of them, one line of text per event.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "control/sip/follower.h"
#include "tests/unit/control/sip/wire.h"

namespace opptak::control::sip {

inline std::string sdp(std::string_view address, unsigned port, std::string_view attributes = "") {
  return fmt::format(
      "v=0\r\no=- 1 1 IN IP4 {0}\r\ns=-\r\nc=IN IP4 {0}\r\nt=0 0\r\n"
      "m=audio {1} RTP/AVP 8\r\n{2}",
      address, port, attributes);
}

inline constexpr std::string_view kSendOnly = "a=sendonly\r\n";
inline constexpr std::string_view kInactive = "a=inactive\r\n";

// One message; the defaults are those of the first INVITE of a call from alice to bob.
struct Sip {
  std::string method = "INVITE";  // Of the request; in a response that of CSeq.
  unsigned cseq = 1;
  std::string body = {};
  bool from_bob = false;  // Who sends the request, or sent the one that is answered.
  std::string alice_tag = "A";
  std::string bob_tag = {};
  std::string branch = "1";           // Behind the magic cookie.
  std::vector<std::string> via = {};  // Hops behind the first.
  std::string call_id = "call";
  std::string more = {};  // Header lines.

  [[nodiscard]] std::string request() const {
    return fmt::format("{} sip:{}@example.com SIP/2.0\r\n{}", method, from_bob ? "alice" : "bob",
                       rest());
  }
  [[nodiscard]] std::string response(unsigned status) const {
    return fmt::format("SIP/2.0 {} Reason\r\n{}", status, rest());
  }

 private:
  [[nodiscard]] static std::string party(std::string_view field, std::string_view user,
                                         std::string_view tag) {
    return fmt::format("{}: <sip:{}@example.com>{}{}\r\n", field, user,
                       tag.empty() ? "" : ";tag=", tag);
  }
  [[nodiscard]] std::string rest() const {
    std::string text = fmt::format("Via: SIP/2.0/UDP h;branch=z9hG4bK{}\r\n", branch);
    for (const auto& hop : via) {
      text += fmt::format("Via: SIP/2.0/UDP h;branch=z9hG4bK{}\r\n", hop);
    }
    const std::string alice = party(from_bob ? "To" : "From", "alice", alice_tag);
    const std::string bob = party(from_bob ? "From" : "To", "bob", bob_tag);
    text += (from_bob ? bob + alice : alice + bob) + more;
    text += fmt::format("Call-ID: {}\r\nCSeq: {} {}\r\n", call_id, cseq, method);
    if (!body.empty()) text += "Content-Type: application/sdp\r\n";
    return text + fmt::format("Content-Length: {}\r\n\r\n{}", body.size(), body);
  }
};

class Scene : public Observer {
 public:
  explicit Scene(FollowerConfig config = {}) : follower(std::move(config)) {}

  // Events since the last call of take(). Time goes on by 1 ms a message unless told.
  std::vector<std::string> send(const std::string& message) {
    now_ms += 1;
    follower.on_datagram(at(now_ms), src, dst, bytes_of(message), *this);
    return take();
  }
  std::vector<std::string> wait_ms(std::int64_t ms) {
    now_ms += ms;
    follower.on_time(at(now_ms), *this);
    return take();
  }
  std::vector<std::string> take() { return std::exchange(events, {}); }

  static UnixNs at(std::int64_t ms) { return UnixNs{(kStartMs + ms) * kNsPerMs}; }
  static std::int64_t ms(UnixNs time) { return time.value / kNsPerMs - kStartMs; }

  void on_started(const CallStarted& e) override {
    call = e.call;
    started = e;
    events.push_back(fmt::format("started {} from={} to={} campaign={}", e.sip_call_id, e.from_user,
                                 e.to_user, e.campaign_header.value_or("-")));
  }
  void on_media(const MediaChanged& e) override {
    media = e.media;
    std::string line = "media";
    for (const MediaEndpoint& m : e.media) {
      line += fmt::format(" {}={}", name(m.party), to_string(m.rtp));
    }
    events.push_back(line);
  }
  void on_ringing(const CallRinging&) override { events.emplace_back("ringing"); }
  void on_answered(const CallAnswered&) override { events.emplace_back("answered"); }
  void on_held(const CallHeld& e) override {
    events.push_back(fmt::format("{} by {}", e.held ? "held" : "resumed", name(e.by)));
  }
  void on_ended(const CallEnded& e) override {
    ended = e;
    static constexpr std::string_view kCauses[] = {"bye", "cancelled", "rejected", "setup timeout",
                                                   "evicted"};
    events.push_back(
        fmt::format("ended {} {}", kCauses[static_cast<std::size_t>(e.cause)], e.status));
  }

  Follower follower;
  std::int64_t now_ms = 0;
  Endpoint src{};
  Endpoint dst{};
  std::vector<std::string> events;
  CallNumber call = 0;
  CallStarted started{};
  CallEnded ended{};
  std::vector<MediaEndpoint> media;

 private:
  static constexpr std::int64_t kStartMs = 1'700'000'000'000;
  static std::string_view name(Party party) { return party == Party::kCaller ? "alice" : "bob"; }
};

using Events = std::vector<std::string>;

inline std::string last_of(const Events& events) { return events.empty() ? "" : events.back(); }

// An answered call: alice at 10.0.0.1:4000, bob at 10.0.0.2:5000, tags A and B.
inline void set_up_call(Scene& scene) {
  scene.send(Sip{.body = sdp("10.0.0.1", 4000)}.request());
  scene.send(Sip{.body = sdp("10.0.0.2", 5000), .bob_tag = "B"}.response(200));
  scene.send(Sip{.method = "ACK", .bob_tag = "B", .branch = "2"}.request());
}

}  // namespace opptak::control::sip
