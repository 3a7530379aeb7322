// Goal: each role may do what the table in control/access/principal.h says, and to nobody else's
// client. Method: every operation on an object, as every role, within and across clients.
#include <gtest/gtest.h>

#include "tests/unit/control/http/gateway.h"

namespace opptak::control::http::test {
namespace {

struct Case {
  const char* operation;
  std::string target;
  std::string body;
  // By role, in the order of kRoles: seller, supervisor, client_admin, data_protection_officer,
  // operator, dialler.
  std::array<int, 6> own;
  int foreign;  // For roles that may do it at all.
};

TEST(Roles, MayDoWhatTheTableSays) {
  Gateway gateway;
  // Calls that the operations name; the erased one comes last.
  const CallRow call = gateway.add_call("acme", CallState::kInProgress);
  const RecordingRow recording = gateway.add_recording(call);
  const std::string call_path = "/v1/calls/" + to_string(call.id);
  const std::string recording_path = "/v1/recordings/" + to_string(recording.id);
  const std::string campaign = R"({"client":"acme","mode":"manual"})";
  const std::string client = R"({"name":"A","retention_days_sale":1,"retention_days_other":1})";
  // A seller's token has no agent: no call is the seller's own, here or anywhere.
  const std::vector<Case> cases{
      {"GET /v1/calls", "/v1/calls", "", {403, 200, 200, 200, 403, 403}, 200},
      {"POST /v1/calls/search", "/v1/calls/search", "{}", {403, 200, 200, 200, 403, 403}, 200},
      {"GET /v1/calls/{call_id}", call_path, "", {403, 200, 200, 200, 403, 403}, 404},
      {"POST /v1/calls/{call_id}/recording",
       call_path + "/recording",
       R"({"action":"start"})",
       {403, 200, 200, 403, 403, 200},
       404},
      {"GET /v1/recordings/{recording_id}",
       recording_path,
       "",
       {403, 200, 200, 200, 403, 403},
       404},
      {"GET /v1/recordings/{recording_id}/audio",
       recording_path + "/audio",
       "",
       {403, 200, 200, 200, 403, 403},
       404},
      {"GET /v1/clients", "/v1/clients", "", {403, 200, 200, 200, 200, 403}, 200},
      {"PUT /v1/clients/{client_id}",
       "/v1/clients/acme",
       client,
       {403, 403, 200, 403, 403, 403},
       404},
      {"GET /v1/campaigns", "/v1/campaigns?client=acme", "", {403, 200, 200, 200, 200, 403}, 404},
      {"GET /v1/campaigns/{campaign_id}",
       "/v1/campaigns/winter",
       "",
       {403, 200, 200, 200, 200, 403},
       404},
      {"PUT /v1/campaigns/{campaign_id}",
       "/v1/campaigns/winter",
       campaign,
       {403, 403, 200, 403, 403, 403},
       404},
      {"DELETE /v1/recordings/{recording_id}",
       recording_path,
       "",
       {403, 403, 200, 200, 403, 403},
       404},
  };
  for (std::size_t i = 0; i < kRoles.size(); ++i) {
    const std::string own = gateway.token(kRoles[i], "acme");
    const std::string foreign = gateway.token(kRoles[i], "umbra");
    for (const Case& c : cases) {
      // Once erased, the recording answers 410 to those who may see it.
      const bool erased =
          gateway.catalogue->find_recording(recording.id).value()->state == RecordingState::kErased;
      const bool reads = std::string_view(c.operation).starts_with("GET /v1/recordings");
      const int expected = erased && reads && c.own[i] == 200 ? 410 : c.own[i];
      EXPECT_EQ(gateway.ask(c.operation, c.target, own, c.body).status, expected)
          << name_of(kRoles[i]) << " " << c.operation;
      const bool bound = kRoles[i] != Role::kOperator;
      const int across = bound && c.own[i] == 200 ? c.foreign : c.own[i];
      EXPECT_EQ(gateway.ask(c.operation, c.target, foreign, c.body).status, across)
          << name_of(kRoles[i]) << " of another client " << c.operation;
    }
  }
}

TEST(Roles, ListsHoldOnlyTheOwnClient) {
  Gateway gateway;
  gateway.add_call("acme");
  gateway.add_call("umbra");
  const auto calls = [&](const std::string& token, std::string_view query = "") {
    return gateway.ask("GET /v1/calls", "/v1/calls" + std::string(query), token);
  };
  const std::string acme = gateway.token(Role::kSupervisor, "acme");
  EXPECT_EQ(calls(acme).body.find("umbra"), std::string::npos);
  EXPECT_NE(calls(acme).body.find(R"("client":"acme")"), std::string::npos);
  EXPECT_EQ(calls(acme, "?client=umbra").status, 404);
  const std::string all = gateway.token(Role::kSupervisor, std::nullopt);
  EXPECT_NE(calls(all).body.find("umbra"), std::string::npos);
  EXPECT_NE(calls(all, "?client=umbra").body.find("umbra"), std::string::npos);
  for (const char* list : {"/v1/clients", "/v1/campaigns"}) {
    const auto body = gateway.ask("GET " + std::string(list), list, acme).body;
    EXPECT_EQ(body.find("umbra"), std::string::npos) << list;
    EXPECT_NE(body.find("acme"), std::string::npos) << list;
  }
}

TEST(Roles, SellerSeesOwnCallsOnly) {
  Gateway gateway;
  ASSERT_TRUE(gateway.access->create_user("kari", kPassword, Role::kSeller, "acme", "agent-7",
                                          UnixNs{gateway.now_ns.load()}));
  const std::string set = gateway
                              .ask("POST /v1/session", "/v1/session", "",
                                   R"({"login":"kari","password":"correct horse battery"})")
                              .header("set-cookie");
  const std::string cookie = "Cookie: " + set.substr(0, set.find(';')) + "\r\n";
  const CallRow mine = gateway.add_call("acme", CallState::kRecorded, "agent-7");
  const CallRow other = gateway.add_call("acme", CallState::kRecorded, "agent-8");
  const CallRow foreign = gateway.add_call("umbra", CallState::kRecorded, "agent-7");
  const auto status = [&](const CallRow& call) {
    return gateway.ask("GET /v1/calls/{call_id}", "/v1/calls/" + to_string(call.id), cookie).status;
  };
  EXPECT_EQ(status(mine), 200);
  EXPECT_EQ(status(other), 404);
  EXPECT_EQ(status(foreign), 404);
  const std::string list = gateway.ask("GET /v1/calls", "/v1/calls", cookie).body;
  EXPECT_NE(list.find(to_string(mine.id)), std::string::npos);
  EXPECT_EQ(list.find(to_string(other.id)), std::string::npos);
  EXPECT_EQ(list.find(to_string(foreign.id)), std::string::npos);
}

TEST(Roles, MetricsAreForThisHostOrAnOperator) {
  Gateway gateway;
  const auto status = [&](std::string_view lines) {
    return gateway.ask("GET /metrics", "/metrics", lines).status;
  };
  EXPECT_EQ(status(""), 200);
  const std::string forwarded = "X-Forwarded-For: 192.0.2.1\r\n";
  EXPECT_EQ(status(forwarded), 401);
  EXPECT_EQ(status(forwarded + gateway.token(Role::kSupervisor)), 403);
  EXPECT_EQ(status(forwarded + gateway.token(Role::kOperator)), 200);
}

}  // namespace
}  // namespace opptak::control::http::test
