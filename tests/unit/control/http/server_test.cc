// Goal: the server holds its limits against clients that are slow, wrong or too many, and keeps
// HTTP/1.1 for the others. Method: a real server on loopback, a socket that sends given bytes.
#include "control/http/server.h"

#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "tests/unit/control/http/client.h"
#include "tests/unit/control/http/test_certificate.h"

namespace opptak::control::http {
namespace {

using test::Client;
using test::Reply;
using test::request_text;

class Echo final : public Handler {
 public:
  Response handle(const Request& request) override {
    ++handled;
    if (request.target == "/slow") std::this_thread::sleep_for(std::chrono::milliseconds(300));
    if (request.target == "/throw") throw std::runtime_error("planted");
    Response response;
    if (request.target == "/large") {
      response.bytes = std::make_shared<std::vector<std::uint8_t>>(32U << 20U, 'x');
      response.size_bytes = response.bytes->size();
      return response;
    }
    response.set("Content-Type", "text/plain");
    response.body = std::string(method_name(request.method)) + " " + request.target + " " +
                    (request.tls ? "tls " : "plain ") + request.body;
    return response;
  }
  std::expected<std::unique_ptr<Feed>, Response> open_feed(const Request&) override {
    return std::unexpected(problem(400, "none here"));
  }
  std::atomic<int> handled{0};
};

class ServerTest : public ::testing::Test {
 protected:
  void start(ServerOptions options = {}) {
    auto started = Server::start(options, echo_, stats_);
    ASSERT_TRUE(started) << started.error().detail;
    server_ = std::move(*started);
  }
  static ServerOptions quick() {
    ServerOptions options;
    options.header_timeout_ms = 200;
    options.body_timeout_ms = 200;
    options.write_timeout_ms = 200;
    options.write_bytes_per_second_min = 1U << 30U;
    return options;
  }
  [[nodiscard]] std::uint16_t port() const { return server_->port(); }

  Echo echo_;
  HttpStats stats_;
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, AnswersAndKeepsTheConnection) {
  start();
  Client client(port());
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(client.send(request_text("POST", "/a", "", "body")));
    const Reply reply = client.receive();
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, "POST /a plain body");
    EXPECT_NE(reply.header("content-security-policy"), "");
    EXPECT_NE(reply.header("date"), "");
  }
  EXPECT_EQ(stats_.connections_accepted, 1U);
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  start();
  Client client(port());
  ASSERT_TRUE(client.send(request_text("GET", "/slow") + request_text("GET", "/2") +
                          request_text("HEAD", "/3") + request_text("GET", "/4")));
  EXPECT_EQ(client.receive().body, "GET /slow plain ");
  EXPECT_EQ(client.receive().body, "GET /2 plain ");
  const Reply head = client.receive(true);
  EXPECT_EQ(head.header("content-length"), "14");
  EXPECT_EQ(client.receive().body, "GET /4 plain ");
}

TEST_F(ServerTest, ContinuesWhereTheClientWaitsForIt) {
  start();
  Client client(port());
  ASSERT_TRUE(
      client.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                  "Content-Length: 2\r\n\r\n"));
  EXPECT_EQ(client.receive().status, 100);
  ASSERT_TRUE(client.send("hi"));
  EXPECT_EQ(client.receive().body, "POST / plain hi");
}

TEST_F(ServerTest, ReadsChunkedBodies) {
  start();
  Client client(port());
  ASSERT_TRUE(
      client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "2\r\nhi\r\n0\r\n\r\n"));
  EXPECT_EQ(client.receive().body, "POST / plain hi");
}

TEST_F(ServerTest, CutsWhoDoesNotFinishTheHeader) {
  start(quick());
  Client client(port());
  ASSERT_TRUE(client.send("GET / HTT"));
  EXPECT_TRUE(client.closed_within(3000));
  EXPECT_EQ(stats_.connections_timed_out, 1U);
  EXPECT_EQ(echo_.handled, 0);
}

// One byte now and then is no progress: the time is for the whole header.
TEST_F(ServerTest, CutsWhoDripsTheHeader) {
  start(quick());
  Client client(port());
  for (int i = 0; i < 40 && client.send("G"); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(25));
  }
  EXPECT_TRUE(client.closed_within(1000));
  EXPECT_EQ(stats_.connections_timed_out, 1U);
}

TEST_F(ServerTest, CutsWhoDoesNotFinishTheBody) {
  start(quick());
  Client client(port());
  ASSERT_TRUE(client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc"));
  EXPECT_TRUE(client.closed_within(3000));
  EXPECT_EQ(stats_.connections_timed_out, 1U);
  EXPECT_EQ(echo_.handled, 0);
}

TEST_F(ServerTest, CutsWhoDoesNotTakeTheAnswer) {
  start(quick());
  Client client(port(), false, 4096);
  ASSERT_TRUE(client.send(request_text("GET", "/large")));
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (stats_.connections_timed_out == 0 && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(stats_.connections_timed_out, 1U);
}

TEST_F(ServerTest, SendsLargeAnswersWhole) {
  start();
  Client client(port());
  ASSERT_TRUE(client.send(request_text("GET", "/large")));
  EXPECT_EQ(client.receive().body, std::string(32U << 20U, 'x'));
}

TEST_F(ServerTest, RefusesLargeHeadersAndBodies) {
  start();
  Client header(port());
  ASSERT_TRUE(header.send(request_text("GET", "/", "X: " + std::string(20'000, 'a') + "\r\n")));
  const Reply too_large = header.receive();
  EXPECT_EQ(too_large.status, 431);
  EXPECT_EQ(too_large.header("content-type"), "application/problem+json");
  EXPECT_NE(too_large.header("content-security-policy"), "");
  EXPECT_TRUE(header.closed_within(5000));

  Client body(port());
  (void)body.send(request_text("POST", "/", "", std::string(70'000, 'a')));
  EXPECT_EQ(body.receive().status, 413);
  EXPECT_TRUE(body.closed_within(5000));

  Client chunked(port());
  (void)chunked.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n20000\r\n" +
                     std::string(0x20000, 'a'));
  EXPECT_EQ(chunked.receive().status, 413);
  EXPECT_EQ(stats_.requests_malformed, 3U);
  EXPECT_EQ(echo_.handled, 0);
}

TEST_F(ServerTest, RefusesWhatIsNotHttp) {
  start();
  for (const char* garbage :
       {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", "GET / SMTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"}) {
    Client client(port());
    ASSERT_TRUE(client.send(garbage));
    EXPECT_EQ(client.receive().status, 400) << garbage;
    EXPECT_TRUE(client.closed_within(5000));
  }
  EXPECT_EQ(echo_.handled, 0);
}

TEST_F(ServerTest, TurnsAFailureOfTheHandlerIntoAProblem) {
  start();
  Client client(port());
  ASSERT_TRUE(client.send(request_text("GET", "/throw")));
  const Reply reply = client.receive();
  EXPECT_EQ(reply.status, 500);
  EXPECT_EQ(reply.body.find("planted"), std::string::npos);
}

TEST_F(ServerTest, RefusesConnectionsAboveItsLimitAndCountsThem) {
  ServerOptions options;
  options.connections_max = 2;
  start(options);
  Client first(port());
  Client second(port());
  ASSERT_TRUE(first.send(request_text("GET", "/1")));
  EXPECT_EQ(first.receive().status, 200);
  ASSERT_TRUE(second.send(request_text("GET", "/2")));
  EXPECT_EQ(second.receive().status, 200);
  Client third(port());
  EXPECT_TRUE(third.closed_within(5000));
  EXPECT_EQ(stats_.connections_refused, 1U);
  EXPECT_EQ(stats_.connections_open, 2U);
}

TEST_F(ServerTest, StalledClientsDoNotHoldUpOthers) {
  start();
  std::vector<std::unique_ptr<Client>> stalled;
  for (int i = 0; i < 64; ++i) {
    stalled.push_back(std::make_unique<Client>(port()));
    ASSERT_TRUE(stalled.back()->send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"));
  }
  Client client(port());
  ASSERT_TRUE(client.send(request_text("GET", "/")));
  EXPECT_EQ(client.receive().status, 200);
}

TEST_F(ServerTest, StopLetsTheAnswerInWorkOut) {
  start();
  Client busy(port());
  Client idle(port());
  ASSERT_TRUE(busy.send(request_text("GET", "/slow")));
  while (echo_.handled == 0) std::this_thread::yield();
  const auto began = std::chrono::steady_clock::now();
  std::thread stopper([this] { server_->stop(5000); });
  EXPECT_EQ(busy.receive().status, 200);
  EXPECT_TRUE(idle.closed_within(5000));
  EXPECT_TRUE(busy.closed_within(5000));
  stopper.join();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(4));
  EXPECT_EQ(stats_.connections_open, 0U);
  EXPECT_FALSE(Client(port()).connected());
}

TEST_F(ServerTest, RefusesToServePlainBeyondLoopback) {
  ServerOptions options;
  options.address = "0.0.0.0";
  const auto started = Server::start(options, echo_, stats_);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().error, ServerError::kPlainNotLoopback);
  options.address = "localhost";
  EXPECT_EQ(Server::start(options, echo_, stats_).error().error, ServerError::kBadAddress);
}

TEST_F(ServerTest, SaysWhichPortIsTaken) {
  start();
  ServerOptions options;
  options.port = port();
  const auto second = Server::start(options, echo_, stats_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().error, ServerError::kCannotListen);
  EXPECT_NE(second.error().detail.find(std::to_string(port())), std::string::npos);
}

TEST_F(ServerTest, ServesTls) {
  const test::TestCertificate certificate;
  ServerOptions options = quick();
  options.tls = certificate.files;
  start(options);
  Client client(port(), true);
  ASSERT_TRUE(client.connected());
  ASSERT_TRUE(client.send(request_text("POST", "/a", "", "body")));
  const Reply reply = client.receive();
  EXPECT_EQ(reply.body, "POST /a tls body");
  EXPECT_NE(reply.header("strict-transport-security"), "");

  Client silent(port());  // Never begins the handshake.
  EXPECT_TRUE(silent.closed_within(3000));
  Client plain(port());
  ASSERT_TRUE(plain.send(request_text("GET", "/")));
  EXPECT_TRUE(plain.closed_within(3000));
}

TEST_F(ServerTest, SaysWhichCertificateFileIsWrong) {
  const test::TestCertificate one;
  const test::TestCertificate other;
  ServerOptions options;
  options.tls = TlsFiles{one.files.certificate_chain, other.files.private_key};
  EXPECT_EQ(Server::start(options, echo_, stats_).error().error, ServerError::kBadCertificate);
  options.tls = TlsFiles{"/nonexistent.pem", one.files.private_key};
  const auto started = Server::start(options, echo_, stats_);
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().detail.find("/nonexistent.pem"), std::string::npos);
}

}  // namespace
}  // namespace opptak::control::http
