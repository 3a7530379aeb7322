// Goal: the log of calls pages, filters and searches, a call shows all of itself, and recording by
// hand goes to the core. Method: requests to a whole API on loopback.
#include <gtest/gtest.h>

#include "tests/unit/control/http/gateway.h"

namespace opptak::control::http::test {
namespace {

using nlohmann::json;

class CallsTest : public ::testing::Test {
 protected:
  json list(std::string_view query) {
    return json::parse(gateway.ask("GET /v1/calls", "/v1/calls" + std::string(query), token).body);
  }
  Reply control(const CallRow& call, const std::string& body) {
    return gateway.ask("POST /v1/calls/{call_id}/recording",
                       "/v1/calls/" + to_string(call.id) + "/recording", token, body);
  }

  Gateway gateway;
  std::string token = gateway.token(Role::kSupervisor, std::nullopt);
};

TEST_F(CallsTest, PagesNewestFirstWithoutGapOrRepetition) {
  std::vector<std::string> expected;
  for (int i = 0; i < 7; ++i) {
    expected.insert(expected.begin(), to_string(gateway.add_call("acme").id));
  }
  std::vector<std::string> seen;
  std::string cursor;
  do {
    const json page = list("?limit=3" + (cursor.empty() ? "" : "&cursor=" + cursor));
    EXPECT_LE(page["calls"].size(), 3U);
    for (const json& call : page["calls"]) seen.push_back(call["call_id"]);
    cursor = page["next_cursor"].is_null() ? "" : page["next_cursor"];
  } while (!cursor.empty());
  EXPECT_EQ(seen, expected);
}

TEST_F(CallsTest, Filters) {
  const CallRow first = gateway.add_call("acme", CallState::kRecorded, "kari");
  const CallRow second = gateway.add_call("umbra", CallState::kMissed);
  const auto only = [&](std::string_view query, const CallRow& call) {
    const json page = list(query);
    ASSERT_EQ(page["calls"].size(), 1U) << query;
    EXPECT_EQ(page["calls"][0]["call_id"], to_string(call.id)) << query;
  };
  only("?client=acme", first);
  only("?state=missed", second);
  only("?agent=kari", first);
  only("?started_from=" + format_rfc3339(second.started_at), second);
  only("?started_to=" + format_rfc3339(second.started_at), first);
  EXPECT_EQ(list("?campaign=none")["calls"].size(), 0U);
}

TEST_F(CallsTest, RefusesWrongFilters) {
  for (const char* query :
       {"?limit=0", "?limit=501", "?limit=x", "?state=done", "?client=A%20B",
        "?started_from=yesterday", "?cursor=forged", "?number=123", "?agent="}) {
    EXPECT_EQ(gateway.ask("GET /v1/calls", "/v1/calls" + std::string(query), token).status, 400)
        << query;
  }
  EXPECT_EQ(gateway.ask("GET /v1/calls", "/v1/calls?%zz", token).status, 400);
}

TEST_F(CallsTest, SearchTakesTheNumberInTheBody) {
  const CallRow wanted = gateway.add_call("acme");
  gateway.add_call("acme");
  const Reply reply = gateway.ask("POST /v1/calls/search", "/v1/calls/search", token,
                                  json{{"number", wanted.to}, {"limit", 5}}.dump());
  ASSERT_EQ(reply.status, 200);
  const json calls = json::parse(reply.body)["calls"];
  ASSERT_EQ(calls.size(), 1U);
  EXPECT_EQ(calls[0]["call_id"], to_string(wanted.id));
  for (const char* body : {R"({"number":""})", R"({"number":1})", R"({"state":"x"})",
                           R"({"limit":501})", R"({"nummer":"1"})"}) {
    EXPECT_EQ(gateway.ask("POST /v1/calls/search", "/v1/calls/search", token, body).status, 400);
  }
}

TEST_F(CallsTest, CallShowsRecordingsStreamsAndEvents) {
  CallRow call = gateway.add_call("acme");
  call.from = "\xff\xfe";  // What a broken phone sent: no UTF-8.
  ASSERT_TRUE(gateway.catalogue->put_call(call));
  const RecordingRow recording = gateway.add_recording(call);
  ASSERT_TRUE(gateway.catalogue->add_call_event({call.id, call.started_at, "invite", ""}));
  ASSERT_TRUE(gateway.catalogue->add_call_event({call.id, call.started_at, "hold", R"({"by":1})"}));
  const Reply reply =
      gateway.ask("GET /v1/calls/{call_id}", "/v1/calls/" + to_string(call.id), token);
  ASSERT_EQ(reply.status, 200);
  const json body = json::parse(reply.body);
  ASSERT_EQ(body["recordings"].size(), 1U);
  EXPECT_EQ(body["recordings"][0]["recording_id"], to_string(recording.id));
  EXPECT_EQ(body["recordings"][0]["expires_on"], "2027-03-23");
  const json stream = body["recordings"][0]["streams"][0];
  EXPECT_EQ(stream["src"], "10.0.0.1:4000");
  EXPECT_EQ(stream["dst"], "[2001:db8::1]:5000");
  EXPECT_EQ(stream["codecs"][0]["codec"], "PCMA");
  EXPECT_EQ(body["events"][0]["detail"], nullptr);
  EXPECT_EQ(body["events"][1]["detail"]["by"], 1);
  // Neither the store's name of the recording nor the state to resume from goes out.
  EXPECT_EQ(reply.body.find(to_string(recording.tag)), std::string::npos);
  EXPECT_EQ(reply.body.find("resume"), std::string::npos);
}

TEST_F(CallsTest, UnknownIdsAreNotFound) {
  for (const char* id : {"0193a1f0-5c00-7abc-8def-0123456789ab", "x", "search",
                         "0193a1f0-5c00-7abc-8def-0123456789abc"}) {
    EXPECT_EQ(gateway.ask("GET /v1/calls/{call_id}", "/v1/calls/" + std::string(id), token).status,
              404)
        << id;
  }
}

TEST_F(CallsTest, StartsAndStops) {
  const CallRow call = gateway.add_call("acme", CallState::kInProgress);
  const Reply started = control(call, R"({"action":"start"})");
  EXPECT_EQ(started.status, 200);
  EXPECT_EQ(control(call, R"({"action":"stop"})").status, 200);
  ASSERT_EQ(gateway.service->actors.size(), 2U);
  const std::string me =
      json::parse(gateway.ask("GET /v1/session", "/v1/session", token).body)["id"];
  EXPECT_EQ(gateway.service->actors.front(), me);
}

TEST_F(CallsTest, PauseIsRefusedInWords) {
  const CallRow call = gateway.add_call("acme", CallState::kInProgress);
  for (const char* action : {"pause", "resume"}) {
    const Reply reply = control(call, json{{"action", action}}.dump());
    EXPECT_EQ(reply.status, 400);
    EXPECT_NE(reply.body.find("does not pause"), std::string::npos);
  }
  EXPECT_EQ(control(call, R"({"action":"begin"})").status, 400);
  EXPECT_EQ(control(call, "{}").status, 400);
  EXPECT_TRUE(gateway.service->actors.empty());
}

TEST_F(CallsTest, RefusalsOfTheCoreBecomeConflicts) {
  const CallRow call = gateway.add_call("acme", CallState::kInProgress);
  const std::pair<ServiceError, int> expected[] = {
      {ServiceError::kModeOff, 409},       {ServiceError::kNotManual, 409},
      {ServiceError::kNotInProgress, 409}, {ServiceError::kAlreadyRecording, 409},
      {ServiceError::kNotRecording, 409},  {ServiceError::kNotFound, 404},
      {ServiceError::kStoreFull, 507},     {ServiceError::kInternal, 500}};
  for (const auto& [error, status] : expected) {
    gateway.service->fail_with = error;
    EXPECT_EQ(control(call, R"({"action":"start"})").status, status);
  }
}

TEST_F(CallsTest, PolicyIsReadAndChanged) {
  const std::string admin = gateway.token(Role::kClientAdmin);
  const std::string body =
      R"({"client":"acme","mode":"off","pre_roll_seconds":5,"numbers":["+4790*","1001"]})";
  const Reply put =
      gateway.ask("PUT /v1/campaigns/{campaign_id}", "/v1/campaigns/spring", admin, body);
  ASSERT_EQ(put.status, 200);
  const Reply got = gateway.ask("GET /v1/campaigns/{campaign_id}", "/v1/campaigns/spring", admin);
  EXPECT_EQ(got.body, put.body);
  EXPECT_EQ(json::parse(got.body)["numbers"][0], "+4790*");
  const auto refused = [&](std::string_view target, std::string_view campaign) {
    return gateway.ask("PUT /v1/campaigns/{campaign_id}", target, admin, campaign).status;
  };
  EXPECT_EQ(refused("/v1/campaigns/spring", R"({"client":"acme","mode":"on"})"), 400);
  EXPECT_EQ(refused("/v1/campaigns/spring", R"({"client":"acme"})"), 400);
  EXPECT_EQ(refused("/v1/campaigns/spring", R"({"client":"a b","mode":"off"})"), 400);
  EXPECT_EQ(refused("/v1/campaigns/spring", R"({"client":"acme","mode":"off","numbers":["*"]})"),
            400);
  EXPECT_EQ(refused("/v1/campaigns/Spring", body), 404);
  EXPECT_EQ(refused("/v1/campaigns/summer", body), 404);  // Of another client.
  EXPECT_EQ(refused("/v1/campaigns/spring", R"({"client":"umbra","mode":"off"})"), 404);
  const std::string everywhere = gateway.token(Role::kClientAdmin, std::nullopt);
  EXPECT_EQ(gateway
                .ask("PUT /v1/campaigns/{campaign_id}", "/v1/campaigns/spring", everywhere,
                     R"({"client":"umbra","mode":"off"})")
                .status,
            409);
}

}  // namespace
}  // namespace opptak::control::http::test
