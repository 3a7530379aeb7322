// The text that GET /metrics answers (Prometheus text format 0.0.4), collected when asked. Labels
// have bounded values only: never a call, a client or a number.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <prometheus/collectable.h>

#include "control/catalogue/catalogue.h"
#include "control/core/stats.h"
#include "control/http/stats.h"

namespace opptak::control::metrics {

// Anything that gives metric families. add() before the first text(); text() from any thread.
class Exposition {
 public:
  Exposition();
  ~Exposition();
  Exposition(const Exposition&) = delete;
  Exposition& operator=(const Exposition&) = delete;

  void add(std::unique_ptr<prometheus::Collectable> part);
  [[nodiscard]] std::string text() const;

 private:
  std::vector<std::unique_ptr<prometheus::Collectable>> parts_;
};

// The parts of control; what they read outlives them.
[[nodiscard]] std::unique_ptr<prometheus::Collectable> core_metrics(const CoreStats& stats);

// `routes` are the label values of HttpStats::requests, "METHOD /path", in its order.
[[nodiscard]] std::unique_ptr<prometheus::Collectable> http_metrics(
    const http::HttpStats& stats, std::vector<std::string> routes);

// Calls and recordings by state, counted in the catalogue at most once in `refresh`.
using OpenReader = std::function<CatalogueResult<std::unique_ptr<CatalogueReader>>()>;
[[nodiscard]] std::unique_ptr<prometheus::Collectable> catalogue_metrics(
    OpenReader open, std::function<UnixNs()> now, std::int64_t refresh_ns = 15 * kNsPerSecond);

}  // namespace opptak::control::metrics
