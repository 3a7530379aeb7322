// Goal: nobody comes in without a login or token, and no other site acts with a visitor's cookie.
// Method: requests to a whole API on loopback.
#include <gtest/gtest.h>

#include "tests/unit/control/http/gateway.h"

namespace opptak::control::http::test {
namespace {

constexpr std::string_view kOrigin = "Origin: http://gateway.test\r\n";

class SessionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(gateway.access->create_user("kari", kPassword, Role::kSupervisor, "acme", "",
                                            UnixNs{gateway.now_ns.load()}));
  }
  Reply login(std::string_view password, std::string_view headers = {}) {
    return gateway.ask("POST /v1/session", "/v1/session", headers,
                       R"({"login":"kari","password":")" + std::string(password) + "\"}");
  }
  // Logs in; the cookie as a header line.
  std::string cookie() {
    const std::string set = login(kPassword).header("set-cookie");
    return "Cookie: " + set.substr(0, set.find(';')) + "\r\n";
  }

  Gateway gateway;
};

TEST_F(SessionTest, LoginGivesACookieThatScriptsCannotRead) {
  const Reply reply = login(kPassword);
  EXPECT_EQ(reply.status, 200);
  const std::string cookie = reply.header("set-cookie");
  EXPECT_TRUE(cookie.starts_with("opptak_session="));
  EXPECT_NE(cookie.find("HttpOnly"), std::string::npos);
  EXPECT_NE(cookie.find("SameSite=Strict"), std::string::npos);
  EXPECT_NE(reply.body.find(R"("role":"supervisor")"), std::string::npos);
  EXPECT_EQ(reply.body.find("kari"), std::string::npos);
  EXPECT_EQ(gateway.stats.logins, 1U);
}

TEST_F(SessionTest, WrongPasswordIsRefusedAndCounted) {
  const Reply reply = login("wrong horse battery");
  EXPECT_EQ(reply.status, 401);
  EXPECT_EQ(reply.header("set-cookie"), "");
  EXPECT_EQ(gateway.stats.logins_failed, 1U);
  EXPECT_EQ(gateway
                .ask("POST /v1/session", "/v1/session", "",
                     R"({"login":"nobody","password":"correct horse battery"})")
                .body,
            reply.body);
}

TEST_F(SessionTest, ManyFailuresLockTheLoginOut) {
  int status = 0;
  for (int i = 0; i < 30 && status != 429; ++i) status = login("wrong horse battery").status;
  EXPECT_EQ(status, 429);
  EXPECT_EQ(login(kPassword).status, 429);
}

TEST_F(SessionTest, SessionLastsUntilLogout) {
  const std::string cookie = this->cookie();
  EXPECT_EQ(gateway.ask("GET /v1/session", "/v1/session", cookie).status, 200);
  EXPECT_EQ(gateway.ask("GET /v1/calls", "/v1/calls", cookie).status, 200);
  const Reply out = gateway.ask("DELETE /v1/session", "/v1/session", cookie + std::string(kOrigin));
  EXPECT_EQ(out.status, 204);
  EXPECT_NE(out.header("set-cookie").find("Max-Age=0"), std::string::npos);
  EXPECT_EQ(gateway.ask("GET /v1/session", "/v1/session", cookie).status, 401);
}

TEST_F(SessionTest, SessionEndsAfterItsHours) {
  const std::string cookie = this->cookie();
  gateway.now_ns += 13 * 3600 * kNsPerSecond;
  EXPECT_EQ(gateway.ask("GET /v1/session", "/v1/session", cookie).status, 401);
}

TEST_F(SessionTest, EveryRouteOfTheApiNeedsALogin) {
  const std::string id = "/0193a1f0-5c00-7abc-8def-0123456789ab";
  for (const Route& route : api_routes()) {
    if (!route.pattern.starts_with("/v1/") || route.entry == Entry::kOpen) continue;
    std::string target(route.pattern);
    const std::size_t begin = target.find("/{");
    if (begin != std::string::npos) {
      target.replace(begin, target.find('}') - begin + 1, id);
    }
    const std::string operation =
        std::string(method_name(route.method)) + " " + std::string(route.pattern);
    for (const char* headers :
         {"", "Cookie: opptak_session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n",
          "Authorization: Bearer opt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n",
          "Authorization: Basic a2FyaTprYXJp\r\n"}) {
      EXPECT_EQ(gateway.ask(operation, target, headers).status, 401) << operation << headers;
    }
  }
}

TEST_F(SessionTest, CookieActsOnlyForThisSite) {
  const std::string cookie = this->cookie();
  const auto search = [&](std::string_view lines) {
    return gateway.ask("POST /v1/calls/search", "/v1/calls/search", cookie + std::string(lines),
                       "{}");
  };
  EXPECT_EQ(search("").status, 403);
  EXPECT_EQ(search("Origin: http://evil.test\r\n").status, 403);
  EXPECT_EQ(search("Origin: null\r\n").status, 403);
  EXPECT_EQ(search("Origin: http://evil.test\r\nX-Opptak-Request: 1\r\n").status, 403);
  EXPECT_EQ(search(kOrigin).status, 200);
  EXPECT_EQ(search("X-Opptak-Request: 1\r\n").status, 200);
  EXPECT_EQ(gateway.stats.requests_refused, 4U);
}

TEST_F(SessionTest, TokenNeedsNoOrigin) {
  const std::string token = gateway.token(Role::kSupervisor);
  EXPECT_EQ(gateway.ask("POST /v1/calls/search", "/v1/calls/search", token, "{}").status, 200);
  const Reply reply = gateway.ask("GET /v1/session", "/v1/session", token);
  EXPECT_NE(reply.body.find(R"("via":"token")"), std::string::npos);
}

TEST_F(SessionTest, OtherSitesCannotLogAVisitorIn) {
  EXPECT_EQ(login(kPassword, "Origin: http://evil.test\r\n").status, 403);
  EXPECT_EQ(login(kPassword, kOrigin).status, 200);
  Client form(gateway.server->port());
  ASSERT_TRUE(form.send(request_text("POST", "/v1/session",
                                     "Content-Type: application/x-www-form-urlencoded\r\n",
                                     "login=kari&password=x")));
  EXPECT_EQ(form.receive().status, 415);
}

TEST_F(SessionTest, MalformedBodiesAreRefused) {
  for (const char* body : {"{", "[]", R"({"login":"kari"})", R"({"login":1,"password":"x"})",
                           R"({"login":"kari","password":"x","admin":true})"}) {
    EXPECT_EQ(gateway.ask("POST /v1/session", "/v1/session", "", body).status, 400) << body;
  }
}

}  // namespace
}  // namespace opptak::control::http::test
