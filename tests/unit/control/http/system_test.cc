// Goal: health, readiness, metrics, the page and the description of the API are served, and the
// description is of exactly this API. Method: requests to a whole API on loopback; the file itself.
#include <algorithm>

#include <gtest/gtest.h>

#include "control/http/openapi_text.h"
#include "tests/unit/control/http/gateway.h"
#include "tests/unit/control/http/yaml_subset.h"

namespace opptak::control::http::test {
namespace {

TEST(System, HealthAndReadiness) {
  Gateway gateway;
  EXPECT_EQ(gateway.ask("GET /healthz", "/healthz").status, 200);
  EXPECT_EQ(gateway.ask("GET /readyz", "/readyz").status, 200);
  gateway.not_ready = "The dataplane is not connected.";
  const Reply reply = gateway.ask("GET /readyz", "/readyz");
  EXPECT_EQ(reply.status, 503);
  EXPECT_NE(reply.body.find("The dataplane is not connected."), std::string::npos);
  EXPECT_EQ(gateway.ask("GET /healthz", "/healthz").status, 200);
}

TEST(System, Metrics) {
  Gateway gateway;
  const Reply reply = gateway.ask("GET /metrics", "/metrics");
  EXPECT_TRUE(reply.header("content-type").starts_with("text/plain; version=0.0.4"));
  EXPECT_NE(reply.body.find("opptak_up 1"), std::string::npos);
}

TEST(System, Page) {
  Gateway gateway;
  const Reply page = gateway.ask("GET /", "/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.body, "<!doctype html>");
  EXPECT_EQ(page.header("etag"), "\"e1\"");
  EXPECT_EQ(gateway.ask("GET /", "/", "If-None-Match: \"e1\"\r\n").status, 304);
  EXPECT_EQ(gateway.ask("GET /{asset}", "/index.html").status, 200);
  EXPECT_EQ(gateway.ask("GET /{asset}", "/none.js").status, 404);
  EXPECT_EQ(gateway.ask("GET /{asset}", "/..%2f..%2fetc/passwd").status, 400);
}

TEST(System, WrongMethodsAndPaths) {
  Gateway gateway;
  Client client(gateway.server->port());
  ASSERT_TRUE(client.send(request_text("PATCH", "/v1/calls")));
  const Reply reply = client.receive();
  EXPECT_EQ(reply.status, 405);
  EXPECT_EQ(reply.header("allow"), "GET, HEAD");
  ASSERT_TRUE(client.send(request_text("GET", "/v1/nothing")));
  EXPECT_EQ(client.receive().status, 404);
  ASSERT_TRUE(client.send(request_text("HEAD", "/healthz")));
  const Reply head = client.receive(true);
  EXPECT_EQ(head.header("content-length"), "3");
  ASSERT_TRUE(client.send(request_text("OPTIONS", "*")));
  EXPECT_EQ(client.receive().status, 400);
}

TEST(System, CountsByRouteAndStatus) {
  Gateway gateway;
  (void)gateway.ask("GET /v1/calls", "/v1/calls");
  const auto names = api_route_names();
  const auto index =
      static_cast<std::size_t>(std::ranges::find(names, "GET /v1/calls") - names.begin());
  EXPECT_EQ(gateway.stats.requests[index][4], 1U);
}

TEST(OpenApiFile, IsServedAndDescribesEveryRouteAndNoOther) {
  Gateway gateway;
  EXPECT_EQ(gateway.ask("GET /openapi.yaml", "/openapi.yaml").body, openapi_text());
  auto described = gateway.openapi.operations();
  auto served = api_route_names();
  std::ranges::sort(described);
  std::ranges::sort(served);
  EXPECT_EQ(described, served);
}

TEST(OpenApiFile, ItsExamplesFitItsSchemas) {
  EXPECT_EQ(OpenApi().wrong_examples(), std::vector<std::string>{});
}

// Goal: the checker that all tests of answers rest on does find what is wrong.
TEST(OpenApiFile, CheckerFindsFaults) {
  const OpenApi openapi;
  const auto wrong = [&](const char* body, int status = 401) {
    return openapi.check_answer("GET /v1/session", status, "application/problem+json", body);
  };
  EXPECT_EQ(wrong(R"({"type":"about:blank","title":"t","status":401,"detail":"d"})"), "");
  EXPECT_NE(wrong(R"({"type":"about:blank","title":"t","status":401})"), "");
  EXPECT_NE(wrong(R"({"type":"about:blank","title":"t","status":"401","detail":"d"})"), "");
  EXPECT_NE(wrong(R"({"type":"a","title":"t","status":401,"detail":"d","x":1})"), "");
  EXPECT_NE(wrong("not json"), "");
  EXPECT_NE(wrong(R"({"type":"a","title":"t","status":418,"detail":"d"})", 418), "");
  EXPECT_NE(openapi.check_answer("GET /v1/session", 200, "text/html", "{}"), "");
  EXPECT_NE(openapi.check_named("0193A1F0-5c00-7abc-8def-0123456789ab", "Uuid"), "");
  EXPECT_NE(openapi.check_named("yesterday", "Time"), "");
  EXPECT_NE(openapi.check_named("done", "CallState"), "");
  EXPECT_NE(openapi.check_named(0, "Limit"), "");
  EXPECT_NE(openapi.check_named(501, "Limit"), "");
}

TEST(YamlSubset, RefusesWhatItDoesNotRead) {
  const auto parsed = parse_yaml_subset("a:\n  - b: 1\n    c: [x, 'y z']\n  - d\ne: { f: null }\n");
  ASSERT_TRUE(parsed) << parsed.error();
  EXPECT_EQ(parsed->dump(), R"({"a":[{"b":1,"c":["x","y z"]},"d"],"e":{"f":null}})");
  for (const char* wrong : {"a: &x 1\n", "a: 1\na: 2\n", "a: 1\n   b: 2\n", "a: {b: 1\n", "a: 'x\n",
                            "a: x # y\n", "a:\n", "a: |\n  x\n", "text\n"}) {
    EXPECT_FALSE(parse_yaml_subset(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace opptak::control::http::test
