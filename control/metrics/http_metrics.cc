#include <fmt/core.h>
#include <prometheus/collectable.h>

#include "control/metrics/exposition.h"
#include "control/metrics/families.h"

namespace opptak::control::metrics {

namespace {

class HttpMetrics final : public prometheus::Collectable {
 public:
  HttpMetrics(const http::HttpStats& stats, std::vector<std::string> routes)
      : stats_(stats), routes_(std::move(routes)) {}

  std::vector<prometheus::MetricFamily> Collect() const override {
    Families families;
    for (std::size_t route = 0; route < routes_.size(); ++route) add_route(families, route);
    add_route(families, http::kRoutesMax - 1);
    add_connections(families);
    families.counter("opptak_logins_total", "Logins that succeeded.", to_double(stats_.logins));
    families.counter("opptak_logins_failed_total", "Logins that were refused.",
                     to_double(stats_.logins_failed));
    families.counter("opptak_http_requests_refused_total",
                     "Requests without a login, without the right, or from another site.",
                     to_double(stats_.requests_refused));
    families.counter("opptak_http_erasures_total", "Recordings erased over the API.",
                     to_double(stats_.erasures));
    families.counter("opptak_http_audio_bytes_total", "Audio handed out.",
                     to_double(stats_.audio_bytes));
    families.gauge("opptak_live_readers", "WebSockets open.", to_double(stats_.feeds_open));
    families.counter("opptak_live_readers_too_slow_total",
                     "WebSockets closed since they did not keep up.",
                     to_double(stats_.feeds_too_slow));
    return families.take();
  }

 private:
  // Only status classes that occurred, so that the page stays short.
  void add_route(Families& families, std::size_t route) const {
    const std::string name = route < routes_.size() ? routes_[route] : "none";
    for (std::size_t status = 0; status < stats_.requests[route].size(); ++status) {
      const double requests = to_double(stats_.requests[route][status]);
      if (requests == 0) continue;
      families.counter("opptak_http_requests_total", "Requests answered, by route and status.",
                       requests, {{"route", name}, {"status", fmt::format("{}xx", status)}});
    }
  }

  void add_connections(Families& families) const {
    families.gauge("opptak_http_connections", "Connections open.",
                   to_double(stats_.connections_open));
    families.counter("opptak_http_connections_total", "Connections accepted.",
                     to_double(stats_.connections_accepted));
    families.counter("opptak_http_connections_refused_total",
                     "Connections refused since too many were open.",
                     to_double(stats_.connections_refused));
    families.counter("opptak_http_connections_timed_out_total", "Slow or idle clients cut.",
                     to_double(stats_.connections_timed_out));
    families.counter("opptak_http_requests_malformed_total",
                     "Requests that were not HTTP, or above a limit.",
                     to_double(stats_.requests_malformed));
  }

  const http::HttpStats& stats_;
  const std::vector<std::string> routes_;
};

}  // namespace

std::unique_ptr<prometheus::Collectable> http_metrics(const http::HttpStats& stats,
                                                      std::vector<std::string> routes) {
  return std::make_unique<HttpMetrics>(stats, std::move(routes));
}

}  // namespace opptak::control::metrics
