// Goal: the live feed sends a snapshot and then each change, to who may see it, as long as the
// login holds. Method: a WebSocket to a whole API on loopback.
#include <thread>

#include <gtest/gtest.h>

#include "tests/unit/control/http/gateway.h"

namespace opptak::control::http::test {
namespace {

using nlohmann::json;

constexpr std::string_view kUpgrade =
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

ServerOptions quick() {
  ServerOptions options;
  options.feed_ping_ms = 100;
  return options;
}

class LiveTest : public ::testing::Test {
 protected:
  Reply open(Client& client, std::string_view lines) {
    EXPECT_TRUE(
        client.send(request_text("GET", "/v1/live", std::string(kUpgrade) + std::string(lines))));
    return client.receive();
  }
  // The next text message; pings in between are answered.
  json next(Client& client) {
    while (true) {
      const Frame frame = client.receive_frame();
      if (frame.opcode == 9) client.send_frame(10, frame.payload);
      if (frame.opcode == 1) {
        json message = json::parse(frame.payload);
        EXPECT_EQ(gateway.openapi.check_named(message, "LiveMessage"), "");
        return message;
      }
      if (frame.opcode != 9) return {};
    }
  }
  // The status with which the server closes.
  int close_code(Client& client) {
    while (true) {
      const Frame frame = client.receive_frame();
      if (frame.opcode == 9) client.send_frame(10, frame.payload);
      if (frame.opcode == 8 && frame.payload.size() >= 2) {
        return static_cast<unsigned char>(frame.payload[0]) << 8 |
               static_cast<unsigned char>(frame.payload[1]);
      }
      if (frame.opcode == -1) return 0;
    }
  }

  Gateway gateway{quick()};
};

TEST_F(LiveTest, SnapshotThenChanges) {
  CallRow call = gateway.add_call("acme", CallState::kInProgress);
  gateway.add_call("acme", CallState::kRecorded);
  gateway.add_call("umbra", CallState::kInProgress);
  Client client(gateway.server->port());
  const Reply upgraded = open(client, gateway.token(Role::kSupervisor));
  ASSERT_EQ(upgraded.status, 101);
  EXPECT_NE(upgraded.header("content-security-policy"), "");
  EXPECT_EQ(upgraded.header("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  const json snapshot = next(client);
  EXPECT_EQ(snapshot["type"], "snapshot");
  ASSERT_EQ(snapshot["calls"].size(), 1U);
  EXPECT_EQ(snapshot["calls"][0]["call_id"], to_string(call.id));

  CallRow foreign = call;
  foreign.client = "umbra";
  gateway.service->changed(foreign);
  call.state = CallState::kRecorded;
  gateway.service->changed(call);
  const json change = next(client);
  EXPECT_EQ(change["type"], "call");
  EXPECT_EQ(change["call"]["client"], "acme");
  EXPECT_EQ(change["call"]["state"], "recorded");
  EXPECT_EQ(gateway.stats.feeds_open, 1U);
}

TEST_F(LiveTest, ManyChangesArriveInOrder) {
  Client client(gateway.server->port());
  ASSERT_EQ(open(client, gateway.token(Role::kSupervisor)).status, 101);
  EXPECT_EQ(next(client)["type"], "snapshot");
  CallRow call = gateway.add_call("acme", CallState::kInProgress);
  for (int i = 0; i < 200; ++i) {
    call.sip_call_id = std::to_string(i);
    gateway.service->changed(call);
  }
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(next(client)["call"]["sip_call_id"], std::to_string(i));
  }
}

TEST_F(LiveTest, NeedsALoginAndTheOwnOrigin) {
  const auto status = [&](std::string_view lines) {
    Client client(gateway.server->port());
    return open(client, lines).status;
  };
  EXPECT_EQ(status(""), 401);
  EXPECT_EQ(status(gateway.token(Role::kOperator)), 403);
  ASSERT_TRUE(gateway.access->create_user("kari", kPassword, Role::kSupervisor, "acme", "",
                                          UnixNs{gateway.now_ns.load()}));
  const auto login = gateway.access->login("kari", kPassword, 12, UnixNs{gateway.now_ns.load()});
  const std::string cookie = "Cookie: opptak_session=" + login->session.secret + "\r\n";
  EXPECT_EQ(status(cookie), 403);
  EXPECT_EQ(status(cookie + "Origin: http://evil.test\r\n"), 403);
  EXPECT_EQ(status(cookie + "Origin: http://gateway.test\r\n"), 101);
  EXPECT_EQ(gateway.ask("GET /v1/live", "/v1/live", gateway.token(Role::kSupervisor)).status, 400);
}

TEST_F(LiveTest, UpgradeElsewhereIsRefused) {
  Client client(gateway.server->port());
  ASSERT_TRUE(client.send(
      request_text("GET", "/v1/calls", std::string(kUpgrade) + gateway.token(Role::kSupervisor))));
  EXPECT_EQ(client.receive().status, 400);
}

TEST_F(LiveTest, EndsWithTheLogin) {
  const auto issued = gateway.access->create_token("t", Role::kSupervisor, "acme", {},
                                                   UnixNs{gateway.now_ns.load()});
  Client client(gateway.server->port());
  ASSERT_EQ(open(client, "Authorization: Bearer " + issued->secret + "\r\n").status, 101);
  EXPECT_EQ(next(client)["type"], "snapshot");
  ASSERT_TRUE(gateway.access->revoke_token(issued->id));
  EXPECT_EQ(close_code(client), 1008);
}

TEST_F(LiveTest, StopSaysGoodbye) {
  Client client(gateway.server->port());
  ASSERT_EQ(open(client, gateway.token(Role::kSupervisor)).status, 101);
  EXPECT_EQ(next(client)["type"], "snapshot");
  std::thread stopper([this] { gateway.server->stop(300); });
  EXPECT_EQ(close_code(client), 1001);
  stopper.join();
  EXPECT_EQ(gateway.stats.connections_open, 0U);
  EXPECT_EQ(gateway.stats.feeds_open, 0U);
}

TEST_F(LiveTest, LargeMessagesFromTheClientEndIt) {
  Client client(gateway.server->port());
  ASSERT_EQ(open(client, gateway.token(Role::kSupervisor)).status, 101);
  EXPECT_EQ(next(client)["type"], "snapshot");
  ASSERT_TRUE(client.send_frame(1, "ignored"));
  ASSERT_TRUE(client.send_frame(1, std::string(5000, 'a')));
  EXPECT_TRUE(client.closed_within(5000));
}

TEST_F(LiveTest, ClientThatDoesNotAnswerPingsIsCut) {
  Client client(gateway.server->port());
  ASSERT_EQ(open(client, gateway.token(Role::kSupervisor)).status, 101);
  EXPECT_TRUE(client.closed_within(5000));
}

}  // namespace
}  // namespace opptak::control::http::test
