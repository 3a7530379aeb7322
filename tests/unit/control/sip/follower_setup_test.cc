// Calls from INVITE to their end: RFC 3261 sections 9, 13, 15; RFC 3262.
#include <gtest/gtest.h>

#include "tests/unit/control/sip/scene.h"

namespace opptak::control::sip {
namespace {

TEST(FollowerSetup, TellsTheLifeOfACall) {
  Scene scene;
  scene.src = Endpoint{*parse_address("10.0.0.1"), 5060};
  scene.dst = Endpoint{*parse_address("2001:db8::5"), 5070};
  EXPECT_EQ(
      scene.send(Sip{.body = sdp("10.0.0.1", 4000), .more = "x-campaign-id: autumn\r\n"}.request()),
      (Events{"started call from=alice to=bob campaign=autumn", "media alice=10.0.0.1:4000"}));
  EXPECT_EQ(scene.started.request_user, "bob");
  EXPECT_EQ(scene.started.src, scene.src);
  EXPECT_EQ(scene.started.dst, scene.dst);
  EXPECT_EQ(scene.started.at, Scene::at(1));
  EXPECT_EQ(scene.send(Sip{}.response(100)), Events{});
  EXPECT_EQ(scene.send(Sip{.bob_tag = "B"}.response(180)), Events{"ringing"});
  EXPECT_EQ(scene.send(Sip{.body = sdp("10.0.0.2", 5000), .bob_tag = "B"}.response(200)),
            (Events{"media alice=10.0.0.1:4000 bob=10.0.0.2:5000", "answered"}));
  EXPECT_EQ(scene.send(Sip{.method = "ACK", .bob_tag = "B", .branch = "2"}.request()), Events{});
  EXPECT_EQ(scene.send(Sip{.method = "BYE", .cseq = 7, .from_bob = true, .bob_tag = "B"}.request()),
            Events{"ended bye 0"});
  EXPECT_EQ(scene.ended.call, scene.call);
  EXPECT_EQ(scene.ended.at, Scene::at(6));
  EXPECT_EQ(scene.follower.call_count(), 0U);
  EXPECT_EQ(scene.follower.counters().followed, 6U);
}

// Every message twice, as networks and both sides of a switch show them.
TEST(FollowerSetup, ToleratesRetransmissions) {
  Scene scene;
  const std::vector<std::string> flow{
      Sip{.body = sdp("10.0.0.1", 4000)}.request(),
      Sip{}.response(100),
      Sip{.bob_tag = "B"}.response(180),
      Sip{.body = sdp("10.0.0.2", 5000), .bob_tag = "B"}.response(200),
      Sip{.method = "ACK", .bob_tag = "B", .branch = "2"}.request(),
      Sip{.method = "BYE", .cseq = 2, .bob_tag = "B", .branch = "3"}.request(),
      Sip{.method = "BYE", .cseq = 2, .bob_tag = "B", .branch = "3"}.response(200)};
  Events events;
  for (int round = 0; round < 2; ++round) {
    for (const auto& message : flow) {
      for (int copy = 0; copy < 2; ++copy) {
        for (const auto& event : scene.send(message)) events.push_back(event);
      }
    }
  }
  EXPECT_EQ(
      events,
      (Events{"started call from=alice to=bob campaign=-", "media alice=10.0.0.1:4000", "ringing",
              "media alice=10.0.0.1:4000 bob=10.0.0.2:5000", "answered", "ended bye 0"}));
  EXPECT_EQ(scene.follower.counters().calls_started, 1U);
  EXPECT_EQ(scene.follower.counters().late, 28U - 11U);
}

TEST(FollowerSetup, TakesAChallengedInviteForTheSameCall) {
  Scene scene;
  scene.send(Sip{.body = sdp("10.0.0.1", 4000)}.request());
  EXPECT_EQ(scene.send(Sip{.bob_tag = "X"}.response(407)), Events{});
  EXPECT_EQ(scene.send(Sip{.method = "ACK", .bob_tag = "X"}.request()), Events{});
  EXPECT_EQ(scene.wait_ms(50'000), Events{"media"});  // The refused offer is over.
  EXPECT_EQ(scene.send(Sip{.cseq = 2, .body = sdp("10.0.0.1", 4000), .branch = "9"}.request()),
            Events{"media alice=10.0.0.1:4000"});
  EXPECT_EQ(scene.send(Sip{.cseq = 2, .bob_tag = "B", .branch = "9"}.response(200)),
            Events{"answered"});
  // What was sent before the credentials is late now.
  EXPECT_EQ(scene.send(Sip{.body = sdp("10.0.0.9", 4444)}.request()), Events{});
  EXPECT_EQ(scene.wait_ms(300'000), Events{});
  EXPECT_EQ(scene.follower.counters().calls_started, 1U);
}

TEST(FollowerSetup, EndsAChallengedCallThatIsNotTriedAgain) {
  Scene scene;
  scene.send(Sip{}.request());
  scene.send(Sip{.bob_tag = "X"}.response(401));
  EXPECT_EQ(scene.wait_ms(59'000), Events{});
  EXPECT_EQ(scene.wait_ms(1'000), Events{"ended rejected 401"});
  EXPECT_EQ(scene.ended.at, Scene::at(2));
}

TEST(FollowerSetup, EndsARejectedCallWithTheTimeOfTheResponse) {
  for (const unsigned status : {302U, 486U, 503U, 603U}) {
    Scene scene;
    scene.send(Sip{}.request());
    EXPECT_EQ(scene.send(Sip{.bob_tag = "B"}.response(status)), Events{});
    EXPECT_EQ(scene.send(Sip{.method = "ACK", .bob_tag = "B"}.request()), Events{});
    EXPECT_EQ(scene.wait_ms(2'000), Events{fmt::format("ended rejected {}", status)});
    EXPECT_EQ(scene.ended.at, Scene::at(2));
  }
}

// RFC 3261 section 8.1.3.4, RFC 4028 section 7.3, and a proxy's next trunk.
TEST(FollowerSetup, TakesTheNextTryForTheSameCall) {
  Scene scene;
  scene.send(Sip{.body = sdp("10.0.0.1", 4000)}.request());
  scene.send(Sip{.bob_tag = "X"}.response(302));
  EXPECT_EQ(scene.send(Sip{.cseq = 2, .body = sdp("10.0.0.1", 4000), .branch = "2"}.request()),
            Events{});
  scene.send(Sip{.cseq = 2, .bob_tag = "Y", .branch = "2"}.response(503));
  // Same CSeq, another branch: the proxy tries its next target.
  EXPECT_EQ(scene.send(Sip{.cseq = 2, .body = sdp("10.0.0.1", 4000), .branch = "3"}.request()),
            Events{});
  EXPECT_EQ(scene.wait_ms(10'000), Events{});
  EXPECT_EQ(scene.send(Sip{.cseq = 2, .bob_tag = "Z", .branch = "3"}.response(200)),
            Events{"answered"});
  EXPECT_EQ(scene.follower.counters().calls_started, 1U);
}

TEST(FollowerSetup, EndsACancelledCall) {
  Scene scene;
  scene.send(Sip{}.request());
  scene.send(Sip{.bob_tag = "B"}.response(180));
  EXPECT_EQ(scene.send(Sip{.method = "CANCEL"}.request()), Events{});
  EXPECT_EQ(scene.send(Sip{.method = "CANCEL", .bob_tag = "B"}.response(200)), Events{});
  EXPECT_EQ(scene.send(Sip{.bob_tag = "B"}.response(487)), Events{});
  scene.send(Sip{.method = "ACK", .bob_tag = "B"}.request());
  EXPECT_EQ(scene.wait_ms(2'000), Events{"ended cancelled 487"});
  EXPECT_EQ(scene.ended.at, Scene::at(5));
}

TEST(FollowerSetup, EndsACancelledCallWithoutFinalResponse) {
  Scene scene;
  scene.send(Sip{}.request());
  scene.send(Sip{.method = "CANCEL"}.request());
  scene.send(Sip{.method = "CANCEL"}.request());
  EXPECT_EQ(scene.wait_ms(31'900), Events{});
  EXPECT_EQ(scene.wait_ms(100), Events{"ended cancelled 0"});
  EXPECT_EQ(scene.ended.at, Scene::at(2));
}

// RFC 3261 section 9.1: CANCEL and 200 can cross.
TEST(FollowerSetup, AnswersACallWhoseCancelCameTooLate) {
  Scene scene;
  scene.send(Sip{}.request());
  scene.send(Sip{.method = "CANCEL"}.request());
  EXPECT_EQ(scene.send(Sip{.bob_tag = "B"}.response(200)), Events{"answered"});
  EXPECT_EQ(scene.wait_ms(100'000), Events{});
  EXPECT_EQ(scene.send(Sip{.method = "BYE", .cseq = 2, .bob_tag = "B"}.request()),
            Events{"ended bye 0"});
}

TEST(FollowerSetup, GivesUpAnInviteWithoutFinalResponse) {
  Scene scene;
  scene.send(Sip{}.request());
  EXPECT_EQ(scene.wait_ms(150'000), Events{});
  EXPECT_EQ(scene.send(Sip{.bob_tag = "B"}.response(182)), Events{});  // Timer C starts again.
  EXPECT_EQ(scene.wait_ms(199'999), Events{});
  EXPECT_EQ(scene.wait_ms(10), Events{"ended setup timeout 0"});
  EXPECT_EQ(scene.ended.at, Scene::at(150'002 + 200'000));
}

TEST(FollowerSetup, FiresTimersBeforeTheNextDatagram) {
  Scene scene;
  scene.send(Sip{}.request());
  scene.now_ms = 500'000;
  EXPECT_EQ(scene.send(Sip{.call_id = "other"}.request()),
            (Events{"ended setup timeout 0", "started other from=alice to=bob campaign=-"}));
}

// The mirror shows only what alice sends: INVITE, ACK of the 200, BYE.
TEST(FollowerSetup, FollowsTheCallersDirectionAlone) {
  Scene scene;
  scene.send(Sip{.body = sdp("10.0.0.1", 4000)}.request());
  scene.send(Sip{.method = "ACK", .bob_tag = "X"}.request());  // Same branch: it was refused.
  EXPECT_EQ(scene.send(Sip{.cseq = 2, .body = sdp("10.0.0.1", 4000), .branch = "2"}.request()),
            Events{});
  EXPECT_EQ(scene.send(Sip{.method = "ACK", .cseq = 2, .bob_tag = "B", .branch = "3"}.request()),
            Events{"answered"});
  EXPECT_EQ(scene.wait_ms(400'000), Events{});
  EXPECT_EQ(scene.send(Sip{.method = "BYE", .cseq = 3, .bob_tag = "B", .branch = "4"}.request()),
            Events{"ended bye 0"});
}

TEST(FollowerSetup, KnowsARejectionFromItsAckAlone) {
  Scene scene;
  scene.send(Sip{}.request());
  EXPECT_EQ(scene.send(Sip{.method = "ACK", .bob_tag = "B"}.request()), Events{});
  EXPECT_EQ(scene.wait_ms(2'000), Events{"ended rejected 0"});
}

TEST(FollowerSetup, EndsByTheResponseToALostBye) {
  Scene scene;
  set_up_call(scene);
  scene.take();
  EXPECT_EQ(scene.send(Sip{.method = "BYE", .cseq = 2, .bob_tag = "B"}.response(401)), Events{});
  EXPECT_EQ(scene.send(Sip{.method = "BYE", .cseq = 3, .bob_tag = "B"}.response(200)),
            Events{"ended bye 0"});
}

TEST(FollowerSetup, CountsWhatBelongsToNoCall) {
  Scene scene;
  EXPECT_EQ(scene.send(Sip{.method = "BYE", .cseq = 2, .bob_tag = "B"}.request()), Events{});
  EXPECT_EQ(scene.send(Sip{.bob_tag = "B"}.response(200)), Events{});
  EXPECT_EQ(scene.send(Sip{.method = "OPTIONS"}.request()), Events{});
  EXPECT_EQ(scene.send("\r\n\r\n"), Events{});
  EXPECT_EQ(scene.send("garbage"), Events{});
  const FollowerCounters& counters = scene.follower.counters();
  EXPECT_EQ(counters.unmatched_call, 2U);
  EXPECT_EQ(counters.ignored, 1U);
  EXPECT_EQ(counters.malformed[static_cast<std::size_t>(ScanError::kKeepAlive)], 1U);
  EXPECT_EQ(counters.malformed[static_cast<std::size_t>(ScanError::kNotSip)], 1U);
  EXPECT_EQ(counters.datagrams, 5U);
}

TEST(FollowerSetup, PicksUpACallInTheMiddle) {
  Scene scene;
  EXPECT_EQ(
      scene.send(Sip{.cseq = 8, .body = sdp("10.0.0.2", 5000), .from_bob = true, .bob_tag = "B"}
                     .request()),
      (Events{"started call from=bob to=alice campaign=-", "media alice=10.0.0.2:5000",
              "answered"}));  // "alice" is the caller: who sent the INVITE that was seen.
  EXPECT_EQ(scene.send(Sip{.cseq = 8, .from_bob = true, .bob_tag = "B"}.response(491)), Events{});
  EXPECT_EQ(scene.send(Sip{.method = "BYE", .cseq = 2, .bob_tag = "B"}.request()),
            Events{"ended bye 0"});
}

// RFC 2543: no tags, no magic cookie.
TEST(FollowerSetup, FollowsOldDevices) {
  Scene scene;
  const auto old = [](std::string text) {
    for (std::size_t at; (at = text.find("z9hG4bK")) != std::string::npos;) text.erase(at, 7);
    return text;
  };
  EXPECT_EQ(scene.send(old(Sip{.alice_tag = ""}.request())).size(), 1U);
  EXPECT_EQ(scene.send(old(Sip{.alice_tag = ""}.response(180))), Events{"ringing"});
  EXPECT_EQ(scene.send(old(Sip{.alice_tag = ""}.response(200))), Events{"answered"});
  EXPECT_EQ(scene.send(old(Sip{.method = "ACK", .alice_tag = ""}.request())), Events{});
  EXPECT_EQ(scene.send(old(
                Sip{.method = "BYE", .from_bob = true, .alice_tag = "", .bob_tag = "B"}.request())),
            Events{"ended bye 0"});
}

TEST(FollowerSetup, RemembersEndedCallsForAWhile) {
  Scene scene;
  set_up_call(scene);
  scene.send(Sip{.method = "BYE", .cseq = 2, .bob_tag = "B"}.request());
  EXPECT_EQ(scene.send(Sip{.body = sdp("10.0.0.1", 4000)}.request()), Events{});  // Late copy.
  EXPECT_EQ(scene.send(Sip{.cseq = 3, .bob_tag = "B", .branch = "7"}.request()), Events{});
  EXPECT_EQ(scene.follower.counters().late, 2U);
  // A new INVITE under the same Call-ID is a new call.
  EXPECT_EQ(scene.send(Sip{.cseq = 4, .branch = "8"}.request()).size(), 1U);
  EXPECT_EQ(scene.call, 2U);
  scene.send(Sip{.method = "BYE", .cseq = 5, .bob_tag = "B"}.request());
  EXPECT_EQ(scene.send(Sip{}.request()), Events{});
  scene.wait_ms(33'000);
  EXPECT_EQ(scene.send(Sip{}.request()).size(), 1U);  // Forgotten.
  EXPECT_EQ(scene.call, 3U);
}

TEST(FollowerSetup, EndsWhatWaitedWhenTheInputEnds) {
  Scene scene;
  scene.send(Sip{.call_id = "rejected"}.request());
  scene.send(Sip{.bob_tag = "B", .call_id = "rejected"}.response(486));
  scene.send(Sip{.call_id = "cancelled"}.request());
  scene.send(Sip{.method = "CANCEL", .call_id = "cancelled"}.request());
  scene.send(Sip{.call_id = "ringing"}.request());
  scene.follower.on_input_ended(scene);
  EXPECT_EQ(scene.take(), (Events{"ended rejected 486", "ended cancelled 0"}));
  EXPECT_EQ(scene.follower.call_count(), 1U);
}

TEST(FollowerSetup, MakesTextPrintable) {
  Scene scene;
  scene.send(
      "INVITE sip:a%20b%0a@x SIP/2.0\r\nVia: x;branch=z9hG4bK1\r\nFrom: "
      "<sip:\xff%c3%a5@x>;tag=1\r\n"
      "To: <sip:" +
      std::string(500, 'x') + "@x>\r\nCall-ID: c\x01\xe9\r\nCSeq: 1 INVITE\r\n\r\n");
  EXPECT_EQ(scene.started.request_user, "a b%0a");
  EXPECT_EQ(scene.started.from_user, "\uFFFDå");
  EXPECT_EQ(scene.started.to_user, std::string(255, 'x'));
  EXPECT_EQ(scene.started.sip_call_id, "c\uFFFD\uFFFD");
}

}  // namespace
}  // namespace opptak::control::sip
