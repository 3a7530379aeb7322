// Goal: no sequence of datagrams breaks scanner or follower. Method: the input is cut at lines of
// "%%" into datagrams of one follower, which is restarted from its snapshots in between.
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string_view>

#include "control/sip/follower.h"
#include "storage/base/check.h"

namespace opptak::control::sip {
namespace {

class OpenCalls : public Observer {
 public:
  void on_started(const CallStarted& e) override { CHECK(media.emplace(e.call, 0).second); }
  void on_media(const MediaChanged& e) override { media.at(e.call) = e.media.size(); }
  void on_ringing(const CallRinging& e) override { CHECK(media.contains(e.call)); }
  void on_answered(const CallAnswered& e) override { CHECK(media.contains(e.call)); }
  void on_held(const CallHeld& e) override { CHECK(media.contains(e.call)); }
  void on_ended(const CallEnded& e) override { CHECK(media.erase(e.call) == 1); }

  std::map<CallNumber, std::size_t> media;
};

void check_snapshots(const Follower& follower, const OpenCalls& open) {
  Follower other{FollowerConfig{}};
  for (const auto& [number, endpoints] : open.media) {
    const std::string snapshot = follower.snapshot(number);
    const auto restored = other.restore(snapshot);
    CHECK(restored.has_value());
    CHECK(other.snapshot(*restored) == snapshot);
    CHECK(other.media(*restored).size() == endpoints);
  }
}

void follow(std::string_view input) {
  constexpr std::string_view kCut = "\n%%\n";
  FollowerConfig config;
  config.calls_max = 8;
  config.ended_calls_max = 4;
  config.media_per_call_max = 12;
  Follower follower(config);
  OpenCalls open;
  std::int64_t seconds = 1;
  while (!input.empty()) {
    const std::size_t at = input.find(kCut);
    const std::string_view datagram = input.substr(0, at);
    input.remove_prefix(at == std::string_view::npos ? input.size() : at + kCut.size());
    seconds += datagram.size() % 64 == 0 ? 100 : 0;
    follower.on_datagram(UnixNs{seconds * kNsPerSecond}, {}, {},
                         {reinterpret_cast<const std::uint8_t*>(datagram.data()), datagram.size()},
                         open);
  }
  CHECK(follower.call_count() == open.media.size());
  check_snapshots(follower, open);
  follower.on_input_ended(open);
  CHECK(follower.call_count() == open.media.size());
}

}  // namespace
}  // namespace opptak::control::sip

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  opptak::control::sip::follow({reinterpret_cast<const char*>(data), size});
  return 0;
}
