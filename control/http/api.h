// The REST API, the live feed and the page, put together: what a Server serves.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "control/access/access.h"
#include "control/core/service.h"
#include "control/http/asset_source.h"
#include "control/http/audio_source.h"
#include "control/http/handler.h"
#include "control/http/readers.h"
#include "control/http/router.h"
#include "control/http/server.h"
#include "control/http/stats.h"
#include "storage/settings/settings.h"

namespace opptak::control::http {

// Everything referred to outlives the API. All functions are called from handler threads, several
// at a time.
struct ApiParts {
  Service& service;
  Access& access;
  OpenReader open_reader;
  AudioSource& audio;
  FindAsset find_asset;
  std::function<std::string()> metrics_text;  // Prometheus text format.
  // Why calls cannot be recorded now, for /readyz; nothing when they can.
  std::function<std::optional<std::string>()> not_ready;
  std::function<UnixNs()> now = system_now;
  std::uint32_t session_hours = 12;
};

// Registers itself with service.on_call_changed(); what that holds outlives the API. `stats`
// outlives both.
[[nodiscard]] std::unique_ptr<Handler> make_api(ApiParts parts, HttpStats& stats);

// Every route that make_api() serves, in the order of HttpStats::requests.
[[nodiscard]] std::span<const Route> api_routes() noexcept;

// "GET /v1/calls", in the same order: label values for metrics.
[[nodiscard]] std::vector<std::string> api_route_names();

// `listen`, `tls_certificate` and `tls_key` of the configuration; the rest as the defaults say.
[[nodiscard]] ServerOptions server_options(const storage::ControlSettings& settings);

}  // namespace opptak::control::http
