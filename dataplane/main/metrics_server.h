// Answers GET /metrics and GET /healthz on one listening TCP socket, one connection at a time with
// a short deadline: for a Prometheus server, not for the world. Belongs to the main thread.
#pragma once

#include <expected>
#include <functional>
#include <string>

#include "storage/base/endpoint.h"

namespace opptak::dataplane {

class MetricsServer {
 public:
  // On failure one sentence.
  [[nodiscard]] static std::expected<MetricsServer, std::string> listen(const Endpoint& endpoint);
  MetricsServer(MetricsServer&& other) noexcept;
  MetricsServer& operator=(MetricsServer&&) = delete;
  ~MetricsServer();

  [[nodiscard]] int descriptor() const noexcept { return listener_; }
  // Accepts and answers one connection that poll() has announced.
  void answer(const std::function<std::string()>& metrics) const;

 private:
  explicit MetricsServer(int listener) noexcept : listener_(listener) {}
  int listener_;
};

}  // namespace opptak::dataplane
