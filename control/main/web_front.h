// The HTTP side of control: API, page, metrics, behind one server. What is referred to outlives it.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "control/core/service.h"
#include "control/core/stats.h"
#include "control/http/api.h"
#include "control/main/control_store.h"
#include "control/main/render_audio_source.h"
#include "control/metrics/exposition.h"
#include "storage/settings/settings.h"

namespace opptak::control {

class WebFront {
 public:
  // Listens and serves. The error is one sentence for the operator.
  [[nodiscard]] static std::expected<std::unique_ptr<WebFront>, std::string> start(
      const storage::Settings& settings, ControlStore& store, Service& service,
      const CoreStats& stats);
  ~WebFront();
  WebFront(const WebFront&) = delete;
  WebFront& operator=(const WebFront&) = delete;

 private:
  WebFront(const storage::Settings& settings, ControlStore& store, Service& service,
           const CoreStats& stats);

  RenderAudioSource audio_;
  http::HttpStats http_stats_;
  metrics::Exposition exposition_;
  std::unique_ptr<http::Handler> api_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace opptak::control
