// Memory is bounded, and what does not fit is counted.
#include <gtest/gtest.h>

#include "control/sip/call.h"
#include "tests/unit/control/sip/scene.h"

namespace opptak::control::sip {
namespace {

TEST(FollowerBounds, EvictsTheOldestCallThatIsNotAnswered) {
  FollowerConfig config;
  config.calls_max = 3;
  Scene scene(config);
  scene.send(Sip{.call_id = "a"}.request());
  scene.send(Sip{.call_id = "b"}.request());
  scene.send(Sip{.call_id = "c"}.request());
  scene.send(Sip{.bob_tag = "B", .call_id = "a"}.response(200));
  EXPECT_EQ(scene.send(Sip{.call_id = "d"}.request()),
            (Events{"ended evicted 0", "started d from=alice to=bob campaign=-"}));
  EXPECT_EQ(scene.ended.call, 2U);
  scene.send(Sip{.bob_tag = "B", .call_id = "c"}.response(200));
  scene.send(Sip{.bob_tag = "B", .call_id = "d"}.response(200));
  EXPECT_EQ(scene.send(Sip{.call_id = "e"}.request()), Events{});
  const FollowerCounters& counters = scene.follower.counters();
  EXPECT_EQ(counters.calls_evicted, 1U);
  EXPECT_EQ(counters.refused_calls, 1U);
  EXPECT_EQ(scene.follower.call_count(), 3U);
}

TEST(FollowerBounds, LimitsTheMediaOfACall) {
  FollowerConfig config;
  config.media_per_call_max = 5;
  Scene scene(config);
  scene.send(Sip{.body = sdp("10.0.0.1", 4000)}.request());
  for (unsigned i = 0; i < 10; ++i) {
    scene.send(Sip{.body = sdp("10.0.0.2", 5000 + 2 * i), .bob_tag = "B"}.response(183));
  }
  EXPECT_EQ(scene.media.size(), 5U);
  EXPECT_EQ(scene.follower.counters().media_left_out, 6U);
}

TEST(FollowerBounds, MakesRoomForNewMediaByWhatLeavesAnyway) {
  FollowerConfig config;
  config.media_per_call_max = 3;
  Scene scene(config);
  set_up_call(scene);
  for (unsigned i = 0; i < 4; ++i) {
    Sip reinvite{.cseq = 2 + i,
                 .body = sdp("10.0.0.1", 4100 + 2 * i),
                 .bob_tag = "B",
                 .branch = fmt::format("r{}", i)};
    scene.send(reinvite.request());
    reinvite.body.clear();
    scene.send(reinvite.response(200));
  }
  EXPECT_EQ(scene.media.back().rtp.port, 4106);
  EXPECT_EQ(scene.follower.counters().media_left_out, 0U);
}

TEST(FollowerBounds, LimitsForksLegsAndExchanges) {
  Scene scene;
  scene.send(Sip{}.request());
  for (unsigned i = 0; i < kDialogsMax + 4; ++i) {
    scene.send(Sip{.bob_tag = fmt::format("fork{}", i)}.response(180));
  }
  EXPECT_EQ(scene.follower.counters().unmatched_dialog, 4U);
  for (unsigned i = 0; i < kLegsMax + 4; ++i) {
    scene.send(Sip{.alice_tag = fmt::format("leg{}", i), .branch = "x"}.request());
  }
  EXPECT_EQ(scene.follower.counters().unmatched_dialog, 4U + 5U);
  scene.send(Sip{.bob_tag = "fork0"}.response(200));
  for (unsigned i = 2; i < 100; ++i) {
    scene.send(Sip{.cseq = i,
                   .body = sdp("10.0.0.1", 4000),
                   .bob_tag = "fork0",
                   .branch = fmt::format("b{}", i)}
                   .request());
  }
  EXPECT_EQ(scene.follower.media(scene.call).size(), 1U);
  for (unsigned i = 0; i < kBranchesMax + 4; ++i) {
    scene.send(Sip{.cseq = 99, .bob_tag = "fork0", .branch = fmt::format("many{}", i)}.request());
  }
  EXPECT_EQ(scene.send(Sip{.method = "BYE", .cseq = 100, .bob_tag = "fork0"}.request()),
            Events{"ended bye 0"});
}

TEST(FollowerBounds, LimitsTheMemoryOfEndedCalls) {
  FollowerConfig config;
  config.ended_calls_max = 2;
  Scene scene(config);
  for (const char* id : {"a", "b", "c"}) {
    scene.send(Sip{.call_id = id}.request());
    scene.send(Sip{.method = "BYE", .cseq = 2, .bob_tag = "B", .call_id = id}.request());
  }
  EXPECT_EQ(scene.send(Sip{.call_id = "c"}.request()), Events{});
  EXPECT_EQ(scene.send(Sip{.call_id = "b"}.request()), Events{});
  EXPECT_EQ(scene.send(Sip{.call_id = "a"}.request()).size(), 1U);
}

TEST(FollowerBounds, RemembersNothingWhereToldSo) {
  FollowerConfig config;
  config.ended_calls_max = 0;
  Scene scene(config);
  set_up_call(scene);
  scene.send(Sip{.method = "BYE", .cseq = 2, .bob_tag = "B"}.request());
  EXPECT_EQ(scene.send(Sip{}.request()).size(), 1U);
}

TEST(FollowerBounds, ForgetsOnRequest) {
  Scene scene;
  set_up_call(scene);
  scene.take();
  scene.follower.forget(scene.call);
  scene.follower.forget(scene.call);
  EXPECT_EQ(scene.follower.call_count(), 0U);
  EXPECT_EQ(scene.follower.counters().calls_forgotten, 1U);
  EXPECT_EQ(scene.send(Sip{.method = "BYE", .cseq = 2, .bob_tag = "B"}.request()), Events{});
  EXPECT_EQ(scene.follower.counters().late, 1U);
  EXPECT_TRUE(scene.take().empty());
}

TEST(FollowerBounds, ToleratesTimeThatStepsBack) {
  Scene scene;
  scene.now_ms = 100'000;
  scene.send(Sip{.body = sdp("10.0.0.1", 4000)}.request());
  scene.now_ms = 10;
  EXPECT_EQ(scene.send(Sip{.bob_tag = "B"}.response(200)), Events{"answered"});
  EXPECT_EQ(scene.send(Sip{.method = "BYE", .cseq = 2, .bob_tag = "B"}.request()),
            Events{"ended bye 0"});
  EXPECT_EQ(scene.ended.at, Scene::at(100'001));
}

}  // namespace
}  // namespace opptak::control::sip
