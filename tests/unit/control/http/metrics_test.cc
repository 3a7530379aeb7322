// Goal: /metrics says what was counted, in Prometheus text format, with labels of bounded values.
// Method: counters set by hand, a catalogue that fails on demand.
#include <gtest/gtest.h>
#include <prometheus/collectable.h>

#include "control/http/api.h"
#include "control/metrics/exposition.h"

namespace opptak::control::metrics {
namespace {

TEST(Metrics, TellsWhatTheCoreCounted) {
  CoreStats stats;
  stats.calls_ended_total[static_cast<std::size_t>(CallState::kPartial)] = 3;
  stats.commits_total = 4;
  stats.commit_ns_total = 2'000'000'000;
  Exposition exposition;
  exposition.add(core_metrics(stats));
  const std::string text = exposition.text();
  EXPECT_NE(text.find("opptak_calls_ended_total{state=\"partial\"} 3"), std::string::npos) << text;
  EXPECT_NE(text.find("# TYPE opptak_calls_ended_total counter"), std::string::npos);
  EXPECT_NE(text.find("opptak_catalogue_commit_seconds_count 4"), std::string::npos);
  EXPECT_NE(text.find("opptak_catalogue_commit_seconds_sum 2"), std::string::npos);
  EXPECT_EQ(text.find("in_progress\""), std::string::npos);
}

TEST(Metrics, TellsRequestsByRouteAndStatus) {
  http::HttpStats stats;
  stats.requests[0][2] = 5;
  stats.requests[http::kRoutesMax - 1][4] = 2;
  stats.logins_failed = 7;
  Exposition exposition;
  exposition.add(http_metrics(stats, http::api_route_names()));
  const std::string text = exposition.text();
  EXPECT_NE(text.find(R"(opptak_http_requests_total{route="POST /v1/session",status="2xx"} 5)"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find(R"(opptak_http_requests_total{route="none",status="4xx"} 2)"),
            std::string::npos);
  EXPECT_NE(text.find("opptak_logins_failed_total 7"), std::string::npos);
}

TEST(Metrics, KeepsTheOldCountsWhenTheCatalogueFails) {
  UnixNs now{kNsPerSecond};
  int opened = 0;
  Exposition exposition;
  exposition.add(catalogue_metrics(
      [&]() -> CatalogueResult<std::unique_ptr<CatalogueReader>> {
        ++opened;
        return std::unexpected(CatalogueFailure{CatalogueError::kFailed, "planted"});
      },
      [&] { return now; }));
  EXPECT_NE(exposition.text().find("opptak_catalogue_count_failures_total 1"), std::string::npos);
  EXPECT_NE(exposition.text().find("opptak_catalogue_count_failures_total 2"), std::string::npos);
  EXPECT_EQ(opened, 2);
}

}  // namespace
}  // namespace opptak::control::metrics
