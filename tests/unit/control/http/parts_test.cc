// Goal: router, body reader, audio cache, access ledger and live hub keep their contracts, each by
// itself. Method: direct calls; threads where the contract speaks of them.
#include <chrono>
#include <future>
#include <thread>

#include <gtest/gtest.h>

#include "control/http/access_ledger.h"
#include "control/http/api.h"
#include "control/http/audio_cache.h"
#include "control/http/body.h"
#include "control/http/live_hub.h"
#include "control/http/router.h"

namespace opptak::control::http {
namespace {

RouteMatch match(Method method, std::string_view target) {
  static const Router router(api_routes());
  return router.match(method, *parse_url(target));
}

TEST(Router, FindsRoutesAndCaptures) {
  const auto call = match(Method::kGet, "/v1/calls/abc");
  ASSERT_NE(call.route, nullptr);
  EXPECT_EQ(call.route->pattern, "/v1/calls/{call_id}");
  EXPECT_EQ(call.captures, std::vector<std::string>{"abc"});
  EXPECT_EQ(api_routes()[call.index].pattern, call.route->pattern);
  EXPECT_EQ(match(Method::kHead, "/healthz").route->pattern, "/healthz");
  EXPECT_EQ(match(Method::kGet, "/").route->pattern, "/");
  EXPECT_EQ(match(Method::kGet, "/assets/app.js").captures.front(), "/assets/app.js");
}

TEST(Router, TellsWrongPathFromWrongMethod) {
  EXPECT_EQ(match(Method::kGet, "/v1/nothing").route, nullptr);
  EXPECT_TRUE(match(Method::kGet, "/v1/nothing").allowed_methods.empty());
  EXPECT_TRUE(match(Method::kPost, "/v1").allowed_methods.empty());
  const auto wrong = match(Method::kPut, "/v1/session");
  EXPECT_EQ(wrong.route, nullptr);
  EXPECT_EQ(wrong.allowed_methods,
            (std::vector<std::string_view>{"POST", "GET", "HEAD", "DELETE"}));
}

Request json_request(std::string body, std::string type = "application/json; charset=utf-8") {
  Request request;
  request.headers = {{"content-type", std::move(type)}};
  request.body = std::move(body);
  return request;
}

TEST(Body, ReadsWhatIsAskedFor) {
  Body body(json_request(R"({"name":"Acme","days":7,"numbers":["1","2"]})"));
  EXPECT_EQ(body.text("name", 1, 10), "Acme");
  EXPECT_EQ(body.integer("days", 0, 10), 7U);
  EXPECT_EQ(body.optional_texts("numbers", 2, 5), (std::vector<std::string>{"1", "2"}));
  EXPECT_FALSE(body.optional_text("other", 1, 10));
  EXPECT_FALSE(body.fault());
}

TEST(Body, RefusesEverythingElse) {
  const auto status = [](Request request) {
    Body body(request);
    (void)body.text("name", 2, 5);
    (void)body.optional_integer("days", 1, 10);
    (void)body.optional_texts("numbers", 1, 2);
    const auto fault = body.fault();
    return fault ? fault->status : 0;
  };
  EXPECT_EQ(status(json_request(R"({"name":"abc"})")), 0);
  EXPECT_EQ(status(json_request(R"({"name":"abc"})", "text/plain")), 415);
  EXPECT_EQ(status(json_request(R"({"name":"abc"})", "")), 415);
  for (const char* wrong : {"",
                            "[]",
                            "{",
                            "null",
                            R"({"name":"a"})",
                            R"({"name":"abcdef"})",
                            R"({"name":1})",
                            "{}",
                            R"({"name":"a\nb"})",
                            R"({"name":"abc","days":0})",
                            R"({"name":"abc","days":11})",
                            R"({"name":"abc","days":-1})",
                            R"({"name":"abc","days":1.5})",
                            R"({"name":"abc","x":1})",
                            R"({"name":"abc","numbers":["1","2"]})",
                            R"({"name":"abc","numbers":[""]})",
                            R"({"name":"abc","numbers":["123"]})",
                            R"({"name":"abc","numbers":[1]})",
                            R"({"name":"abc","numbers":"1"})",
                            "{\"name\":\"a\xff\x01\"}"}) {
    EXPECT_EQ(status(json_request(wrong)), 400) << wrong;
  }
}

TEST(Body, SurvivesDeepNesting) {
  Body body(json_request(std::string(30'000, '[') + std::string(30'000, ']')));
  EXPECT_EQ(body.fault()->status, 400);
}

RecordingId recording(int number) {
  RecordingId id;
  id.bytes[15] = static_cast<std::uint8_t>(number);
  return id;
}

class SlowAudio final : public AudioSource {
 public:
  std::expected<AudioBytes, AudioError> wav(const RecordingId&) override {
    ++renders;
    if (gate.valid()) gate.wait();
    return std::make_shared<std::vector<std::uint8_t>>(100);
  }
  std::atomic<int> renders{0};
  std::shared_future<void> gate;
};

TEST(AudioCache, RendersOnceForMany) {
  SlowAudio source;
  std::promise<void> open;
  source.gate = open.get_future().share();
  AudioCache cache(source);
  std::vector<std::future<bool>> players;
  for (int i = 0; i < 4; ++i) {
    players.push_back(std::async(std::launch::async,
                                 [&] { return cache.wav(recording(1), UnixNs{1}).has_value(); }));
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  open.set_value();
  for (auto& player : players) EXPECT_TRUE(player.get());
  EXPECT_EQ(source.renders, 1);
}

TEST(AudioCache, IsBoundedByBytesAndAge) {
  SlowAudio source;
  AudioCache cache(source, {250, 1000});
  for (const int i : {1, 2, 1, 3}) (void)cache.wav(recording(i), UnixNs{1});
  EXPECT_EQ(source.renders, 3);
  (void)cache.wav(recording(1), UnixNs{1});  // Used after 2: still there.
  EXPECT_EQ(source.renders, 3);
  (void)cache.wav(recording(2), UnixNs{1});  // Went when 3 came.
  EXPECT_EQ(source.renders, 4);
  (void)cache.wav(recording(2), UnixNs{1002});  // Too old.
  EXPECT_EQ(source.renders, 5);
}

TEST(AudioCache, DropsErasedAudioAlsoWhileItIsRendered) {
  SlowAudio source;
  AudioCache cache(source);
  ASSERT_TRUE(cache.wav(recording(1), UnixNs{1}));
  cache.drop(recording(1));
  ASSERT_TRUE(cache.wav(recording(1), UnixNs{1}));
  EXPECT_EQ(source.renders, 2);

  std::promise<void> open;
  source.gate = open.get_future().share();
  auto player = std::async(std::launch::async, [&] { return cache.wav(recording(2), UnixNs{1}); });
  while (source.renders < 3) std::this_thread::yield();
  cache.drop(recording(2));
  open.set_value();
  const auto bytes = player.get();
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error(), AudioError::kErased);
  source.gate = {};
  (void)cache.wav(recording(2), UnixNs{1});
  EXPECT_EQ(source.renders, 4);
}

TEST(AccessLedger, CoversAFewMinutesOfOnePrincipal) {
  AccessLedger ledger;
  const UnixNs start{1000 * kNsPerSecond};
  EXPECT_FALSE(ledger.covered("a", recording(1), start));
  ledger.note("a", recording(1), start);
  EXPECT_TRUE(ledger.covered("a", recording(1), start + (AccessLedger::kCoveredNs - 1)));
  EXPECT_FALSE(ledger.covered("a", recording(1), start + AccessLedger::kCoveredNs));
  EXPECT_FALSE(ledger.covered("a", recording(1), start + -1));
  EXPECT_FALSE(ledger.covered("b", recording(1), start));
  EXPECT_FALSE(ledger.covered("a", recording(2), start));
}

CallRow call_of(std::string client, std::optional<std::string> agent = {}) {
  CallRow call;
  call.client = std::move(client);
  call.agent = std::move(agent);
  return call;
}

class LiveHubTest : public ::testing::Test {
 protected:
  HttpStats stats;
  std::shared_ptr<LiveHub> hub = std::make_shared<LiveHub>(stats, LiveLimits{2, 3});
};

TEST_F(LiveHubTest, SendsOnlyWhatThePrincipalMaySee) {
  auto acme = hub->subscribe({"1", Role::kSupervisor, "acme", ""}, [] { return true; });
  auto seller = hub->subscribe({"2", Role::kSeller, "acme", "kari"}, [] { return true; });
  int woken = 0;
  acme->on_wake([&woken] { ++woken; });
  hub->publish(call_of("umbra"));
  hub->publish(call_of("acme"));
  hub->publish(call_of("acme", "kari"));
  EXPECT_EQ(woken, 2);
  EXPECT_EQ(acme->next().state, FeedState::kMessage);
  EXPECT_EQ(acme->next().state, FeedState::kMessage);
  EXPECT_EQ(acme->next().state, FeedState::kEmpty);
  EXPECT_NE(seller->next().text->find("kari"), std::string::npos);
  EXPECT_EQ(seller->next().state, FeedState::kEmpty);
}

TEST_F(LiveHubTest, PutsTheSnapshotBeforeChangesThatCameMeanwhile) {
  auto reader = hub->subscribe({"1", Role::kSupervisor, "acme", ""}, [] { return true; });
  hub->publish(call_of("acme"));
  reader->start({call_of("acme"), call_of("umbra")});
  const std::string snapshot = *reader->next().text;
  EXPECT_NE(snapshot.find(R"("type":"snapshot")"), std::string::npos);
  EXPECT_EQ(snapshot.find("umbra"), std::string::npos);
  EXPECT_NE(reader->next().text->find(R"("type":"call")"), std::string::npos);
}

TEST_F(LiveHubTest, IsBoundedInMessagesAndReaders) {
  auto reader = hub->subscribe({"1", Role::kSupervisor, "acme", ""}, [] { return true; });
  for (int i = 0; i < 4; ++i) hub->publish(call_of("acme"));
  EXPECT_EQ(reader->next().state, FeedState::kTooSlow);
  EXPECT_EQ(stats.feeds_too_slow, 1U);
  auto second = hub->subscribe({"2", Role::kSupervisor, "acme", ""}, [] { return true; });
  EXPECT_EQ(hub->subscribe({"3", Role::kSupervisor, "acme", ""}, [] { return true; }), nullptr);
  EXPECT_EQ(stats.feeds_open, 2U);
  second.reset();
  EXPECT_EQ(stats.feeds_open, 1U);
  EXPECT_NE(hub->subscribe({"3", Role::kSupervisor, "acme", ""}, [] { return true; }), nullptr);
}

TEST_F(LiveHubTest, EndsWhenTheLoginIsGone) {
  bool valid = true;
  auto reader = hub->subscribe({"1", Role::kSupervisor, "acme", ""}, [&valid] { return valid; });
  hub->publish(call_of("acme"));
  valid = false;
  EXPECT_EQ(reader->next().state, FeedState::kRevoked);
}

}  // namespace
}  // namespace opptak::control::http
