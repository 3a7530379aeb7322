// Offers and answers: RFC 3264, RFC 3261 section 14, RFC 3311, RFC 6337.
#include <algorithm>

#include <gtest/gtest.h>

#include "tests/unit/control/sip/scene.h"

namespace opptak::control::sip {
namespace {

const std::string kBoth = "media alice=10.0.0.1:4000 bob=10.0.0.2:5000";

TEST(FollowerMedia, DescribesEachEndpoint) {
  Scene scene;
  scene.send(Sip{.body = "v=0\r\nc=IN IP6 2001:db8::1\r\n"
                         "m=audio 4000 RTP/AVP 8 96\r\na=rtpmap:96 opus/48000/2\r\n"
                         "a=sendonly\r\na=rtcp:4010\r\n"
                         "m=video 4002 RTP/SAVP 31\r\n"
                         "m=audio 0 RTP/AVP 0\r\n"}
                 .request());
  ASSERT_EQ(scene.media.size(), 2U);
  const MediaEndpoint& audio = scene.media[0];
  EXPECT_EQ(audio.party, Party::kCaller);
  EXPECT_EQ(to_string(audio.rtp), "[2001:db8::1]:4000");
  EXPECT_EQ(to_string(audio.rtcp), "[2001:db8::1]:4010");
  EXPECT_EQ(audio.kind, MediaKind::kAudio);
  EXPECT_EQ(audio.direction, MediaDirection::kSendOnly);
  EXPECT_FALSE(audio.encrypted);
  EXPECT_EQ(audio.codecs, (std::vector<Codec>{{8, "PCMA", 8'000, 1}, {96, "OPUS", 48'000, 2}}));
  const MediaEndpoint& video = scene.media[1];
  EXPECT_EQ(video.kind, MediaKind::kVideo);
  EXPECT_EQ(to_string(video.rtcp), "[2001:db8::1]:4003");
  EXPECT_TRUE(video.encrypted);
  EXPECT_EQ(scene.follower.media(scene.call), scene.media);
}

TEST(FollowerMedia, SettlesMultiplexingAndEncryptionByTheAnswer) {
  const std::string offer =
      sdp("10.0.0.1", 4000, "a=rtcp-mux\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n");
  for (const bool agreed : {false, true}) {
    Scene scene;
    scene.send(Sip{.body = offer}.request());
    EXPECT_EQ(scene.media[0].rtcp.port, 4000);
    EXPECT_FALSE(scene.media[0].encrypted);
    const std::string_view attributes = agreed ? "a=rtcp-mux\r\na=crypto:1 X inline:y\r\n" : "";
    scene.send(Sip{.body = sdp("10.0.0.2", 5000, attributes), .bob_tag = "B"}.response(200));
    ASSERT_EQ(scene.media.size(), 2U);
    EXPECT_EQ(scene.media[0].rtcp.port, agreed ? 4000 : 4001);
    EXPECT_EQ(scene.media[1].rtcp.port, agreed ? 5000 : 5001);
    EXPECT_EQ(scene.media[0].encrypted, agreed);
    EXPECT_EQ(scene.media[1].encrypted, agreed);
  }
}

TEST(FollowerMedia, TakesEarlyMedia) {
  Scene scene;
  scene.send(Sip{.body = sdp("10.0.0.1", 4000)}.request());
  EXPECT_EQ(scene.send(Sip{.body = sdp("10.0.0.2", 5000), .bob_tag = "B"}.response(183)),
            Events{kBoth});
  EXPECT_EQ(scene.send(Sip{.bob_tag = "B"}.response(200)), Events{"answered"});
  EXPECT_EQ(scene.wait_ms(10'000), Events{});
}

TEST(FollowerMedia, TakesALateOffer) {
  Scene scene;
  scene.send(Sip{}.request());
  EXPECT_EQ(scene.send(Sip{.body = sdp("10.0.0.2", 5000), .bob_tag = "B"}.response(200)),
            (Events{"media bob=10.0.0.2:5000", "answered"}));
  EXPECT_EQ(
      scene.send(Sip{.method = "ACK", .body = sdp("10.0.0.1", 4000), .bob_tag = "B", .branch = "2"}
                     .request()),
      Events{"media bob=10.0.0.2:5000 alice=10.0.0.1:4000"});
}

// RFC 3262 section 5: the offer in a reliable response, the answer in PRACK; then UPDATE moves
// bob's media while the call is early.
TEST(FollowerMedia, FollowsPrackAndUpdate) {
  Scene scene;
  scene.send(Sip{}.request());
  scene.send(Sip{.body = sdp("10.0.0.2", 5000), .bob_tag = "B"}.response(183));
  EXPECT_EQ(scene.send(Sip{.method = "PRACK",
                           .cseq = 2,
                           .body = sdp("10.0.0.1", 4000),
                           .bob_tag = "B",
                           .branch = "2"}
                           .request()),
            Events{"media bob=10.0.0.2:5000 alice=10.0.0.1:4000"});
  scene.send(Sip{.method = "PRACK", .cseq = 2, .bob_tag = "B", .branch = "2"}.response(200));
  scene.send(Sip{.method = "UPDATE",
                 .cseq = 9,
                 .body = sdp("10.0.0.3", 6000),
                 .from_bob = true,
                 .bob_tag = "B"}
                 .request());
  EXPECT_EQ(scene.send(Sip{.method = "UPDATE",
                           .cseq = 9,
                           .body = sdp("10.0.0.1", 4000),
                           .from_bob = true,
                           .bob_tag = "B"}
                           .response(200)),
            Events{});
  EXPECT_EQ(scene.send(Sip{.bob_tag = "B"}.response(200)), Events{"answered"});
  EXPECT_EQ(scene.wait_ms(2'000), Events{"media bob=10.0.0.3:6000 alice=10.0.0.1:4000"});
}

TEST(FollowerMedia, MovesMediaByReinvite) {
  Scene scene;
  set_up_call(scene);
  scene.take();
  const Sip reinvite{.cseq = 2, .body = sdp("10.0.0.7", 4100), .bob_tag = "B", .branch = "5"};
  EXPECT_EQ(scene.send(reinvite.request()), Events{kBoth + " alice=10.0.0.7:4100"});
  Sip answer = reinvite;
  answer.body = sdp("10.0.0.2", 5000);
  // Old and new until packets on their way have arrived.
  EXPECT_EQ(scene.send(answer.response(200)), Events{});
  EXPECT_EQ(scene.wait_ms(1'999), Events{});
  EXPECT_EQ(scene.wait_ms(1), Events{"media alice=10.0.0.7:4100 bob=10.0.0.2:5000"});
  EXPECT_EQ(scene.send(answer.response(200)), Events{});
  EXPECT_EQ(scene.send(Sip{.body = sdp("10.0.0.2", 5000), .bob_tag = "B"}.response(200)),
            Events{});  // A late copy of the first answer changes nothing.
}

TEST(FollowerMedia, DropsMovedMediaAtOnceWithoutLinger) {
  FollowerConfig config;
  config.media_linger_ns = 0;
  Scene scene(config);
  set_up_call(scene);
  scene.take();
  const Sip reinvite{.cseq = 2, .body = sdp("10.0.0.7", 4100), .bob_tag = "B", .branch = "5"};
  scene.send(reinvite.request());
  scene.send(reinvite.response(200));
  EXPECT_EQ(scene.wait_ms(0), (Events{"media alice=10.0.0.7:4100 bob=10.0.0.7:4100"}));
}

TEST(FollowerMedia, KeepsOldMediaWhenAReinviteFails) {
  for (const unsigned status : {488U, 491U, 408U}) {
    Scene scene;
    set_up_call(scene);
    scene.take();
    const Sip reinvite{.cseq = 3, .body = sdp("10.0.0.8", 5100), .from_bob = true, .bob_tag = "B"};
    EXPECT_EQ(scene.send(reinvite.request()), Events{kBoth + " bob=10.0.0.8:5100"});
    EXPECT_EQ(scene.send(reinvite.response(status)), Events{});
    EXPECT_EQ(scene.wait_ms(2'000), Events{kBoth}) << status;
    EXPECT_TRUE(scene.follower.answered(scene.call));
  }
}

// RFC 3261 section 14.1: both sides at once; both are refused, one tries again.
TEST(FollowerMedia, SurvivesGlare) {
  Scene scene;
  set_up_call(scene);
  scene.take();
  const Sip by_alice{.cseq = 2, .body = sdp("10.0.0.1", 4200), .bob_tag = "B", .branch = "5"};
  const Sip by_bob{
      .cseq = 2, .body = sdp("10.0.0.2", 5200), .from_bob = true, .bob_tag = "B", .branch = "6"};
  scene.send(by_alice.request());
  EXPECT_EQ(scene.send(by_bob.request()), Events{kBoth + " alice=10.0.0.1:4200 bob=10.0.0.2:5200"});
  scene.send(by_alice.response(491));
  scene.send(by_bob.response(491));
  EXPECT_EQ(scene.wait_ms(2'000), (Events{kBoth + " bob=10.0.0.2:5200", kBoth}));
  Sip again = by_alice;
  again.cseq = 3;
  again.branch = "7";
  scene.send(again.request());
  again.body = sdp("10.0.0.2", 5000);
  scene.send(again.response(200));
  EXPECT_EQ(scene.wait_ms(2'000), Events{"media alice=10.0.0.1:4200 bob=10.0.0.2:5000"});
}

TEST(FollowerMedia, TellsHoldAndResume) {
  for (const std::string& held :
       {sdp("10.0.0.1", 4000, kSendOnly), sdp("10.0.0.1", 4000, kInactive), sdp("0.0.0.0", 4000)}) {
    Scene scene;
    set_up_call(scene);
    Sip reinvite{.cseq = 2, .body = held, .bob_tag = "B", .branch = "5"};
    Events events = scene.send(reinvite.request());
    EXPECT_EQ(std::ranges::count(events, "held by alice"), 0) << held;  // Not accepted yet.
    reinvite.body = sdp("10.0.0.2", 5000, "a=recvonly\r\n");
    events = scene.send(reinvite.response(200));
    EXPECT_EQ(std::ranges::count(events, "held by alice"), 1) << held;
    scene.wait_ms(5'000);
    // Also where the address is 0.0.0.0: the old endpoint is the one that will be used again.
    const auto media = scene.follower.media(scene.call);
    ASSERT_EQ(media.size(), 2U) << held;
    EXPECT_TRUE(to_string(media[0].rtp) == "10.0.0.1:4000" ||
                to_string(media[1].rtp) == "10.0.0.1:4000");
    scene.take();

    Sip resume{.cseq = 3, .body = sdp("10.0.0.1", 4000), .bob_tag = "B", .branch = "6"};
    scene.send(resume.request());
    resume.body = sdp("10.0.0.2", 5000);
    events = scene.send(resume.response(200));
    EXPECT_EQ(std::ranges::count(events, "resumed by alice"), 1) << held;
  }
}

TEST(FollowerMedia, TellsNoHoldThatWasRefused) {
  Scene scene;
  set_up_call(scene);
  const Sip reinvite{
      .cseq = 2, .body = sdp("10.0.0.1", 4000, kSendOnly), .bob_tag = "B", .branch = "5"};
  scene.send(reinvite.request());
  scene.send(reinvite.response(488));
  scene.wait_ms(2'000);
  EXPECT_EQ(std::ranges::count(scene.take(), "held by alice"), 0);
  EXPECT_EQ(scene.follower.media(scene.call)[0].direction, MediaDirection::kSendRecv);
}

TEST(FollowerMedia, TellsHoldByUpdateOfTheCallee) {
  Scene scene;
  set_up_call(scene);
  scene.take();
  Sip update{.method = "UPDATE",
             .cseq = 5,
             .body = sdp("10.0.0.2", 5000, kInactive),
             .from_bob = true,
             .bob_tag = "B"};
  scene.send(update.request());
  update.body = sdp("10.0.0.1", 4000);
  EXPECT_EQ(scene.send(update.response(200)), Events{"held by bob"});
}

TEST(FollowerMedia, EndsMediaThatIsRemoved) {
  Scene scene;
  set_up_call(scene);
  scene.take();
  const Sip reinvite{.cseq = 2, .body = sdp("10.0.0.1", 0), .bob_tag = "B", .branch = "5"};
  EXPECT_EQ(scene.send(reinvite.request()), Events{});
  EXPECT_EQ(
      scene.send(
          Sip{.cseq = 2, .body = sdp("10.0.0.2", 0), .bob_tag = "B", .branch = "5"}.response(200)),
      Events{});
  EXPECT_EQ(scene.wait_ms(2'000), Events{"media"});
}

TEST(FollowerMedia, CountsDescriptionsItCannotUse) {
  Scene scene;
  scene.send(Sip{.body = "nonsense"}.request());
  scene.send(Sip{.body = "v=0\r\nc=IN IP4 media.example.com\r\nm=audio 4000 RTP/AVP 0\r\nbad\r\n",
                 .bob_tag = "B"}
                 .response(183));
  EXPECT_EQ(scene.follower.counters().sdp_malformed, 1U);
  EXPECT_EQ(scene.follower.counters().sdp_unresolved, 1U);
  EXPECT_EQ(scene.follower.counters().sdp_bad_lines, 1U);
  EXPECT_TRUE(scene.media.empty());
}

}  // namespace
}  // namespace opptak::control::sip
