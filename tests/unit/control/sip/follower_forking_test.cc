// Proxies: forking (RFC 3261 sections 13.2.2.4 and 16), both sides of one in the mirror.
#include <gtest/gtest.h>

#include "tests/unit/control/sip/scene.h"

namespace opptak::control::sip {
namespace {

TEST(FollowerForking, KeepsTheWinnersMedia) {
  Scene scene;
  scene.send(Sip{.body = sdp("10.0.0.1", 4000)}.request());
  scene.send(Sip{.body = sdp("10.0.0.2", 5000), .bob_tag = "B"}.response(183));
  EXPECT_EQ(scene.send(Sip{.body = sdp("10.0.0.3", 6000), .bob_tag = "C"}.response(183)),
            Events{"media alice=10.0.0.1:4000 bob=10.0.0.2:5000 bob=10.0.0.3:6000"});
  EXPECT_EQ(scene.send(Sip{.body = sdp("10.0.0.3", 6000), .bob_tag = "C"}.response(200)),
            Events{"answered"});
  EXPECT_EQ(scene.wait_ms(2'000), Events{"media alice=10.0.0.1:4000 bob=10.0.0.3:6000"});
  // The loser's copies change nothing any more.
  EXPECT_EQ(scene.send(Sip{.body = sdp("10.0.0.2", 5000), .bob_tag = "B"}.response(183)), Events{});
}

TEST(FollowerForking, KeepsAllMediaWhileTheWinnerHasNone) {
  Scene scene;
  scene.send(Sip{.body = sdp("10.0.0.1", 4000)}.request());
  scene.send(Sip{.body = sdp("10.0.0.2", 5000), .bob_tag = "B"}.response(183));
  EXPECT_EQ(scene.send(Sip{.bob_tag = "D"}.response(200)), Events{"answered"});
  EXPECT_EQ(scene.wait_ms(5'000), Events{});
}

// Two forks answer; alice ends the second at once, and goes on with the first.
TEST(FollowerForking, OutlivesTheByeOfALosingFork) {
  Scene scene;
  scene.send(Sip{.body = sdp("10.0.0.1", 4000)}.request());
  scene.send(Sip{.body = sdp("10.0.0.2", 5000), .bob_tag = "B"}.response(200));
  EXPECT_EQ(scene.send(Sip{.body = sdp("10.0.0.3", 6000), .bob_tag = "C"}.response(200)),
            Events{"media alice=10.0.0.1:4000 bob=10.0.0.2:5000 bob=10.0.0.3:6000"});
  EXPECT_EQ(scene.send(Sip{.method = "BYE", .cseq = 2, .bob_tag = "C", .branch = "8"}.request()),
            Events{});
  EXPECT_EQ(scene.wait_ms(2'000), Events{"media alice=10.0.0.1:4000 bob=10.0.0.2:5000"});
  // A fork that was never seen ends nothing either.
  EXPECT_EQ(scene.send(Sip{.method = "BYE", .cseq = 3, .bob_tag = "E", .branch = "9"}.request()),
            Events{});
  EXPECT_EQ(scene.follower.counters().unmatched_dialog, 1U);
  EXPECT_EQ(scene.send(Sip{.method = "BYE", .cseq = 4, .bob_tag = "B", .branch = "10"}.request()),
            Events{"ended bye 0"});
}

TEST(FollowerForking, OutlivesTheByeOfAnEarlyDialog) {
  Scene scene;
  scene.send(Sip{}.request());
  scene.send(Sip{.bob_tag = "B"}.response(180));
  scene.send(Sip{.bob_tag = "C"}.response(180));
  EXPECT_EQ(scene.send(Sip{.method = "BYE", .cseq = 2, .bob_tag = "B"}.request()), Events{});
  EXPECT_EQ(scene.send(Sip{.bob_tag = "C"}.response(200)), Events{"answered"});
}

// The proxy sends the INVITE on with its own Via and, as a media proxy does, its own description.
struct BothSides {
  Sip near{.body = sdp("10.0.0.1", 4000), .branch = "near"};
  Sip far{.body = sdp("10.9.9.9", 7000), .branch = "far", .via = {"near"}};
};

TEST(FollowerForking, SeesOneCallOnBothSidesOfAProxy) {
  Scene scene;
  BothSides s;
  EXPECT_EQ(scene.send(s.near.request()).size(), 2U);
  EXPECT_EQ(scene.send(s.far.request()), Events{"media alice=10.0.0.1:4000 alice=10.9.9.9:7000"});
  s.near.bob_tag = s.far.bob_tag = "B";
  s.far.body = sdp("10.0.0.2", 5000);
  s.near.body = sdp("10.9.9.9", 7002);
  EXPECT_EQ(scene.send(s.far.response(180)),
            (Events{"media alice=10.0.0.1:4000 alice=10.9.9.9:7000 bob=10.0.0.2:5000", "ringing"}));
  const std::string all =
      "media alice=10.0.0.1:4000 alice=10.9.9.9:7000 bob=10.0.0.2:5000 bob=10.9.9.9:7002";
  EXPECT_EQ(scene.send(s.near.response(180)), Events{all});
  EXPECT_EQ(scene.send(s.far.response(200)), Events{"answered"});
  EXPECT_EQ(scene.send(s.near.response(200)), Events{});
  EXPECT_EQ(scene.wait_ms(5'000), Events{});
  EXPECT_EQ(scene.follower.media(scene.call).size(), 4U);
  EXPECT_EQ(scene.send(Sip{.method = "BYE", .cseq = 4, .from_bob = true, .bob_tag = "B"}.request()),
            Events{"ended bye 0"});
  EXPECT_EQ(
      scene.send(Sip{
          .method = "BYE", .cseq = 4, .from_bob = true, .bob_tag = "B", .branch = "n", .via = {"1"}}
                     .request()),
      Events{});
}

// What fails behind the proxy is the proxy's business until it tells the caller.
TEST(FollowerForking, OutlivesAFailureBehindTheProxy) {
  Scene scene;
  BothSides s;
  scene.send(s.near.request());
  scene.send(s.far.request());
  Sip next = s.far;
  next.branch = "far2";
  s.far.bob_tag = "B";
  EXPECT_EQ(scene.send(s.far.response(486)), Events{});
  scene.send(Sip{.method = "ACK", .bob_tag = "B", .branch = "far", .via = {"near"}}.request());
  EXPECT_EQ(scene.wait_ms(20'000), Events{});
  scene.send(next.request());
  scene.send(Sip{.method = "CANCEL", .branch = "far2"}.request());
  EXPECT_EQ(scene.wait_ms(40'000), Events{});
  s.near.bob_tag = "B";
  s.near.body.clear();
  EXPECT_EQ(scene.send(s.near.response(480)), Events{});
  // The response to the cancelled branch was lost to the mirror: the caller's counts.
  EXPECT_EQ(scene.wait_ms(2'000), Events{"ended cancelled 480"});
}

// Only the far side is in the mirror: two targets at once, both fail.
TEST(FollowerForking, WaitsForAllParallelTargets) {
  Scene scene;
  Sip one{.branch = "one", .via = {"x"}};
  Sip two{.branch = "two", .via = {"x"}};
  scene.send(one.request());
  scene.send(two.request());
  one.bob_tag = "B";
  two.bob_tag = "C";
  scene.send(one.response(486));
  EXPECT_EQ(scene.wait_ms(10'000), Events{});
  scene.send(two.response(603));
  EXPECT_EQ(scene.wait_ms(2'000), Events{"ended rejected 603"});
}

// A back-to-back user agent that keeps the Call-ID: its leg has tags of its own.
TEST(FollowerForking, FollowsASecondLegUnderTheSameCallId) {
  Scene scene;
  scene.send(Sip{.body = sdp("10.0.0.1", 4000)}.request());
  const Sip leg{.body = sdp("10.5.0.1", 8000), .alice_tag = "A2", .branch = "leg"};
  EXPECT_EQ(scene.send(leg.request()), Events{"media alice=10.0.0.1:4000 alice=10.5.0.1:8000"});
  EXPECT_EQ(scene.send(Sip{.alice_tag = "A2", .bob_tag = "B2", .branch = "leg"}.response(200)),
            Events{"answered"});
  EXPECT_EQ(scene.send(Sip{.bob_tag = "B"}.response(200)), Events{});
  EXPECT_EQ(scene.send(Sip{.method = "BYE", .cseq = 2, .bob_tag = "B"}.request()), Events{});
  EXPECT_EQ(
      scene.send(Sip{.method = "BYE", .cseq = 2, .alice_tag = "A2", .bob_tag = "B2"}.request()),
      Events{"ended bye 0"});
  EXPECT_EQ(scene.follower.counters().calls_started, 1U);
}

}  // namespace
}  // namespace opptak::control::sip
