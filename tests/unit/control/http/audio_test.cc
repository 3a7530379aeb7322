// Goal: audio goes out in the ranges asked for, every access is written down first, and an erased
// recording never plays again. Method: requests to a whole API on loopback.
#include <gtest/gtest.h>

#include "tests/unit/control/http/gateway.h"

namespace opptak::control::http::test {
namespace {

using nlohmann::json;

class AudioTest : public ::testing::Test {
 protected:
  Reply play(std::string_view range = {}, std::string_view query = {}) {
    const std::string lines = range.empty() ? "" : "Range: " + std::string(range) + "\r\n";
    return gateway.ask("GET /v1/recordings/{recording_id}/audio",
                       path + "/audio" + std::string(query), token + lines);
  }
  Reply erase() {
    return gateway.ask("DELETE /v1/recordings/{recording_id}", path,
                       gateway.token(Role::kClientAdmin));
  }
  [[nodiscard]] std::string bytes(std::size_t begin, std::size_t end) const {
    std::string out;
    for (std::size_t i = begin; i < end; ++i) out.push_back(static_cast<char>(i % 251));
    return out;
  }
  std::size_t played() {
    std::size_t count = 0;
    for (const auto& event : gateway.events(call.id)) count += event.kind == "played" ? 1 : 0;
    return count;
  }

  Gateway gateway;
  CallRow call = gateway.add_call("acme");
  RecordingRow recording = gateway.add_recording(call);
  std::string path = "/v1/recordings/" + to_string(recording.id);
  std::string token = gateway.token(Role::kSupervisor);
};

TEST_F(AudioTest, WholeFile) {
  const Reply reply = play();
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("content-type"), "audio/wav");
  EXPECT_EQ(reply.header("accept-ranges"), "bytes");
  EXPECT_EQ(reply.header("cache-control"), "no-store");
  EXPECT_EQ(reply.body, bytes(0, 10'000));
  EXPECT_EQ(play("", "?format=wav").status, 200);
  EXPECT_EQ(play("", "?format=opus").status, 400);
  EXPECT_EQ(play("", "?speed=2").status, 400);
}

TEST_F(AudioTest, Ranges) {
  const auto part = [&](std::string_view range, std::size_t begin, std::size_t end) {
    const Reply reply = play(range);
    EXPECT_EQ(reply.status, 206) << range;
    EXPECT_EQ(reply.body, bytes(begin, end)) << range;
    EXPECT_EQ(reply.header("content-range"),
              "bytes " + std::to_string(begin) + "-" + std::to_string(end - 1) + "/10000");
  };
  part("bytes=0-99", 0, 100);
  part("bytes=9990-", 9990, 10'000);
  part("bytes=-10", 9990, 10'000);
  part("bytes=9999-20000", 9999, 10'000);
  EXPECT_EQ(play("bytes=0-1,5-6").status, 200);
  const Reply beyond = play("bytes=10000-");
  EXPECT_EQ(beyond.status, 416);
  EXPECT_EQ(beyond.header("content-range"), "bytes */10000");
  EXPECT_EQ(gateway.audio.renders, 1);
}

TEST_F(AudioTest, IfRangeMatchesNothingSoTheWholeGoesOut) {
  const Reply reply = gateway.ask("GET /v1/recordings/{recording_id}/audio", path + "/audio",
                                  token + "Range: bytes=0-9\r\nIf-Range: \"x\"\r\n");
  EXPECT_EQ(reply.status, 200);
}

TEST_F(AudioTest, AccessIsWrittenDownOncePerPlayback) {
  (void)play("bytes=5-");
  (void)play("bytes=0-99");
  EXPECT_EQ(played(), 1U);
  const std::string detail = gateway.events(call.id).back().detail;
  EXPECT_NE(detail.find(to_string(recording.id)), std::string::npos);
  EXPECT_EQ(detail.find(call.to), std::string::npos);
  gateway.now_ns += 301 * kNsPerSecond;
  (void)play();
  EXPECT_EQ(played(), 2U);
  (void)gateway.ask("GET /v1/recordings/{recording_id}/audio", path + "/audio",
                    gateway.token(Role::kClientAdmin));
  EXPECT_EQ(played(), 3U);
}

TEST_F(AudioTest, NoAudioWithoutItsEntry) {
  gateway.service->fail_with = ServiceError::kInternal;
  EXPECT_EQ(play().status, 500);
  EXPECT_EQ(gateway.audio.renders, 0);
}

TEST_F(AudioTest, FailuresOfTheRenderer) {
  const std::pair<AudioError, int> expected[] = {{AudioError::kNotFound, 404},
                                                 {AudioError::kErased, 410},
                                                 {AudioError::kUnplayable, 422},
                                                 {AudioError::kBusy, 503},
                                                 {AudioError::kUnavailable, 503}};
  for (const auto& [error, status] : expected) {
    gateway.audio.fail_with = error;
    EXPECT_EQ(play().status, status);
  }
}

TEST_F(AudioTest, WhatIsNotStoredDoesNotPlay) {
  const std::pair<RecordingState, int> expected[] = {{RecordingState::kOpen, 409},
                                                     {RecordingState::kClosing, 409},
                                                     {RecordingState::kLost, 404},
                                                     {RecordingState::kErasing, 410},
                                                     {RecordingState::kErased, 410}};
  for (const auto& [state, status] : expected) {
    recording.state = state;
    ASSERT_TRUE(gateway.catalogue->put_recording(recording));
    EXPECT_EQ(play().status, status);
  }
  EXPECT_EQ(gateway.audio.renders, 0);
}

TEST_F(AudioTest, ErasureAnswersTheReceiptAndEndsPlayback) {
  ASSERT_EQ(play().status, 200);
  const Reply first = erase();
  ASSERT_EQ(first.status, 200);
  EXPECT_EQ(first.body, R"({"z":"order kept","a":"1"})");
  EXPECT_EQ(play().status, 410);
  const Reply gone = gateway.ask("GET /v1/recordings/{recording_id}", path, token);
  EXPECT_EQ(gone.status, 410);
  EXPECT_NE(gone.body.find(R"("receipt":{"z":"order kept","a":"1"})"), std::string::npos);
  EXPECT_EQ(erase().body, first.body);
  EXPECT_EQ(gateway.stats.erasures, 1U);
}

TEST_F(AudioTest, RecordingBeingWrittenCannotBeErased) {
  gateway.service->fail_with = ServiceError::kStillOpen;
  EXPECT_EQ(erase().status, 409);
  EXPECT_EQ(gateway.stats.erasures, 0U);
}

}  // namespace
}  // namespace opptak::control::http::test
