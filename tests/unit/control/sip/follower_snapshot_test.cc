#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "control/sip/snapshot.h"
#include "tests/unit/control/sip/scene.h"

namespace opptak::control::sip {
namespace {

// Goal: a restart at any point of a call makes no difference. Method: a long flow, restarted
// before each message in turn; the events after it must be those of the flow without restart.
TEST(FollowerSnapshot, GoesOnFromAnyPoint) {
  Sip move{.cseq = 4, .body = sdp("10.0.0.7", 4100), .bob_tag = "B", .branch = "5"};
  Sip hold{
      .cseq = 9, .body = sdp("0.0.0.0", 5000), .from_bob = true, .bob_tag = "B", .branch = "6"};
  const std::vector<std::string> flow{
      Sip{.body = sdp("10.0.0.1", 4000)}.request(),
      Sip{.bob_tag = "X"}.response(407),
      Sip{.method = "ACK", .bob_tag = "X"}.request(),
      Sip{.cseq = 2, .body = sdp("10.0.0.1", 4000, "a=rtcp-mux\r\n"), .branch = "2"}.request(),
      Sip{.cseq = 2, .bob_tag = "C", .branch = "2"}.response(180),
      Sip{.cseq = 2, .body = sdp("10.0.0.3", 6000), .bob_tag = "C", .branch = "2"}.response(183),
      Sip{.cseq = 2, .body = sdp("10.0.0.2", 5000), .bob_tag = "B", .branch = "2"}.response(200),
      Sip{.method = "ACK", .cseq = 2, .bob_tag = "B", .branch = "3"}.request(),
      move.request(),
      move.response(200),
      hold.request(),
      hold.response(200),
      Sip{.method = "BYE", .cseq = 5, .bob_tag = "B", .branch = "7"}.request(),
  };
  Scene reference;
  std::vector<Events> expected;
  for (const auto& message : flow) expected.push_back(reference.send(message));
  ASSERT_EQ(expected.back(), Events{"ended bye 0"});

  for (std::size_t restart = 1; restart < flow.size(); ++restart) {
    Scene before;
    for (std::size_t i = 0; i < restart; ++i) before.send(flow[i]);
    const std::string snapshot = before.follower.snapshot(before.call);
    ASSERT_FALSE(snapshot.empty());

    Scene after;
    after.now_ms = before.now_ms;
    const auto number = after.follower.restore(snapshot);
    ASSERT_TRUE(number) << "restart=" << restart;
    EXPECT_EQ(after.follower.snapshot(*number), snapshot);
    EXPECT_EQ(after.follower.media(*number), before.follower.media(before.call));
    EXPECT_EQ(after.follower.answered(*number), before.follower.answered(before.call));
    EXPECT_FALSE(after.follower.restore(snapshot)) << "followed already";
    for (std::size_t i = restart; i < flow.size(); ++i) {
      EXPECT_EQ(after.send(flow[i]), expected[i]) << "restart=" << restart << " message=" << i;
    }
  }
}

TEST(FollowerSnapshot, KeepsTimers) {
  Scene before;
  before.send(Sip{}.request());
  before.send(Sip{.bob_tag = "B"}.response(486));
  Scene after;
  ASSERT_TRUE(after.follower.restore(before.follower.snapshot(before.call)));
  after.now_ms = before.now_ms;
  EXPECT_EQ(after.wait_ms(2'000), Events{"ended rejected 486"});
}

TEST(FollowerSnapshot, KeepsBytesThatAreNoText) {
  const std::string id = "c\xff%\"\\\x01";
  Scene before;
  before.send(Sip{.alice_tag = "\xfe%41", .call_id = id}.request());
  Scene after;
  ASSERT_TRUE(after.follower.restore(before.follower.snapshot(before.call)));
  EXPECT_EQ(after.send(Sip{.alice_tag = "\xfe%41", .bob_tag = "B", .call_id = id}.response(200)),
            Events{"answered"});
}

// Goal: nothing but a snapshot is taken for one. Method: take each value away, or put another in
// its place; cut the text at every byte.
TEST(FollowerSnapshot, RefusesWhatIsNone) {
  Scene scene;
  set_up_call(scene);
  const std::string snapshot = scene.follower.snapshot(scene.call);
  for (std::size_t size = 0; size < snapshot.size(); ++size) {
    EXPECT_FALSE(read_snapshot(std::string_view(snapshot).substr(0, size)));
  }
  const auto whole = nlohmann::json::parse(snapshot);
  for (const auto& [key, value] : whole.items()) {
    auto broken = whole;
    broken.erase(key);
    EXPECT_FALSE(read_snapshot(broken.dump())) << key;
    for (const auto& other : {nlohmann::json("text"), nlohmann::json(nlohmann::json::array({1})),
                              nlohmann::json(1e300), nlohmann::json(nullptr)}) {
      if (key == "call_id" && other == "text") continue;
      broken = whole;
      broken[key] = other;
      static_cast<void>(read_snapshot(broken.dump()));  // No crash; some are legal.
    }
  }
  const auto flat = whole.flatten();
  for (const auto& [path, value] : flat.items()) {
    if (!value.is_number()) continue;
    auto broken = flat;
    broken[path] = -5;
    const bool time = path.ends_with("deadline") || path.ends_with("at");
    EXPECT_TRUE(time || !read_snapshot(broken.unflatten().dump())) << path;
  }
  EXPECT_FALSE(Follower(FollowerConfig{}).restore("{}"));
  EXPECT_EQ(Follower(FollowerConfig{}).snapshot(1), "");
}

}  // namespace
}  // namespace opptak::control::sip
