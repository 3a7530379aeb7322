// Goal: no sequence of messages, legal or not, breaks the follower's own rules. Method: random
// messages of a few tags, CSeqs and branches, in random order and sometimes damaged.
#include <cstdlib>
#include <map>
#include <random>

#include <gtest/gtest.h>

#include "tests/unit/control/sip/scene.h"

namespace opptak::control::sip {
namespace {

// Knows the grammar of events: started, then anything, then at most one end.
class Judge : public Observer {
 public:
  struct State {
    bool answered = false;
    bool rang = false;
    std::vector<MediaEndpoint> media;
  };

  void on_started(const CallStarted& e) override {
    EXPECT_TRUE(open.emplace(e.call, State{}).second);
    EXPECT_GT(e.call, last);
    last = e.call;
  }
  void on_media(const MediaChanged& e) override {
    ASSERT_TRUE(open.contains(e.call));
    EXPECT_NE(open[e.call].media, e.media);
    open[e.call].media = e.media;
    for (std::size_t i = 0; i < e.media.size(); ++i) {
      EXPECT_NE(e.media[i].rtp.port, 0);
      for (std::size_t j = 0; j < i; ++j) {
        EXPECT_FALSE(e.media[i].party == e.media[j].party && e.media[i].rtp == e.media[j].rtp &&
                     e.media[i].kind == e.media[j].kind);
      }
    }
  }
  void on_ringing(const CallRinging& e) override {
    ASSERT_TRUE(open.contains(e.call));
    EXPECT_FALSE(std::exchange(open[e.call].rang, true));
  }
  void on_answered(const CallAnswered& e) override {
    ASSERT_TRUE(open.contains(e.call));
    EXPECT_FALSE(std::exchange(open[e.call].answered, true));
  }
  void on_held(const CallHeld& e) override { EXPECT_TRUE(open.contains(e.call)); }
  void on_ended(const CallEnded& e) override {
    ASSERT_TRUE(open.contains(e.call));
    EXPECT_TRUE(e.cause == EndCause::kBye || !open[e.call].answered);
    open.erase(e.call);
  }

  std::map<CallNumber, State> open;
  CallNumber last = 0;
};

class RandomMessages {
 public:
  explicit RandomMessages(std::uint64_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t n) { return random_() % n; }

  std::string next() {
    static const char* const kMethods[] = {"INVITE", "INVITE", "INVITE", "ACK",    "BYE",
                                           "CANCEL", "PRACK",  "UPDATE", "OPTIONS"};
    static const char* const kTags[] = {"", "A", "B", "C", "D"};
    static const unsigned kStatus[] = {100, 180, 183, 200, 200, 202, 302, 401, 407, 486, 487, 491};
    Sip sip;
    sip.method = kMethods[below(std::size(kMethods))];
    if (sip.method == "BYE" && below(3) != 0) sip.method = "INVITE";
    sip.cseq = static_cast<unsigned>(below(5));
    sip.from_bob = below(4) == 0;
    sip.alice_tag = kTags[below(4) == 0 ? below(5) : 1];
    sip.bob_tag = kTags[below(5)];
    sip.branch = std::to_string(below(6));
    for (std::uint64_t hops = below(3); hops > 0; --hops) sip.via.push_back("h");
    sip.call_id = std::to_string(below(6));
    if (below(2) == 0) sip.body = body();
    std::string text =
        below(2) == 0 ? sip.request() : sip.response(kStatus[below(std::size(kStatus))]);
    if (below(8) == 0) damage(text);
    return text;
  }

 private:
  std::string body() {
    static const char* const kAttributes[] = {"",
                                              "a=sendonly\r\n",
                                              "a=inactive\r\n",
                                              "a=rtcp-mux\r\n",
                                              "m=video 0 RTP/AVP 31\r\n",
                                              "m=video 4444 RTP/SAVP 31\r\n"};
    const std::string address = below(6) == 0 ? "0.0.0.0" : "10.0.0." + std::to_string(below(4));
    return sdp(address, static_cast<unsigned>(below(5)) * 1000, kAttributes[below(6)]);
  }

  void damage(std::string& text) {
    for (std::uint64_t i = below(4); i > 0; --i) {
      text[below(text.size())] = static_cast<char>(below(256));
    }
    if (below(3) == 0) text.resize(below(text.size()));
  }

  std::mt19937_64 random_;
};

TEST(FollowerRandom, KeepsItsRules) {
  std::uint64_t seed = std::random_device{}();
  if (const char* given = std::getenv("OPPTAK_TEST_SEED")) seed = std::strtoull(given, nullptr, 10);
  SCOPED_TRACE("OPPTAK_TEST_SEED=" + std::to_string(seed));
  RandomMessages messages(seed);
  FollowerConfig config;
  config.calls_max = 5;
  config.ended_calls_max = 2;
  config.media_per_call_max = 6;
  Follower follower(config);
  Judge judge;
  std::int64_t now_ms = 0;
  for (int i = 0; i < 60'000 && !testing::Test::HasFailure(); ++i) {
    static constexpr std::uint64_t kSteps[] = {1, 100, 3'000, 250'000};
    now_ms += static_cast<std::int64_t>(messages.below(kSteps[messages.below(4)]) / 10);
    const std::string message = messages.next();
    follower.on_datagram(Scene::at(now_ms), {}, {}, bytes_of(message), judge);
    ASSERT_EQ(follower.call_count(), judge.open.size());
    for (auto& [number, state] : judge.open) {
      ASSERT_EQ(follower.answered(number), state.answered);
      ASSERT_EQ(follower.media(number), state.media);
    }
    if (messages.below(50) != 0 || judge.open.empty()) continue;
    const CallNumber number = judge.open.begin()->first;
    const std::string snapshot = follower.snapshot(number);
    Follower other(config);
    const auto restored = other.restore(snapshot);
    ASSERT_TRUE(restored) << snapshot;
    ASSERT_EQ(other.snapshot(*restored), snapshot);
  }
  const FollowerCounters& c = follower.counters();
  std::uint64_t sum =
      c.ignored + c.unmatched_call + c.unmatched_dialog + c.late + c.refused_calls + c.followed;
  for (const std::uint64_t malformed : c.malformed) sum += malformed;
  EXPECT_EQ(sum, c.datagrams);
  EXPECT_EQ(c.calls_started, c.calls_ended + follower.call_count());
}

}  // namespace
}  // namespace opptak::control::sip
