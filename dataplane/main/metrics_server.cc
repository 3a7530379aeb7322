#include "dataplane/main/metrics_server.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace opptak::dataplane {

namespace {

constexpr timeval kDeadline{0, 500'000};

std::string response(std::string_view status, std::string_view type, std::string_view body) {
  std::string text = "HTTP/1.1 ";
  text.append(status).append("\r\nContent-Type: ").append(type).append("\r\nContent-Length: ");
  text.append(std::to_string(body.size())).append("\r\nConnection: close\r\n\r\n").append(body);
  return text;
}

void send_all(int connection, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = send(connection, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

}  // namespace

std::expected<MetricsServer, std::string> MetricsServer::listen(const Endpoint& endpoint) {
  // IPv4 arrives as a mapped address: one dual-stack socket serves both.
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(endpoint.port);
  std::memcpy(&address.sin6_addr, endpoint.address.data(), 16);
  const int listener = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int off = 0;
  const int on = 1;
  const bool ready = listener >= 0 &&
                     setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0 &&
                     setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                     bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                     ::listen(listener, 16) == 0;
  if (ready) return MetricsServer(listener);
  std::string error = "metrics cannot be served on " + to_string(endpoint) + " (" +
                      std::strerror(errno) + "): set dataplane.metrics_listen to a free address";
  if (listener >= 0) close(listener);
  return std::unexpected(std::move(error));
}

MetricsServer::MetricsServer(MetricsServer&& other) noexcept
    : listener_(std::exchange(other.listener_, -1)) {}

MetricsServer::~MetricsServer() {
  if (listener_ >= 0) close(listener_);
}

void MetricsServer::answer(const std::function<std::string()>& metrics) const {
  const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (connection < 0) return;
  setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &kDeadline, sizeof kDeadline);
  setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &kDeadline, sizeof kDeadline);
  std::array<char, 2048> request{};
  const ssize_t received = recv(connection, request.data(), request.size(), 0);
  const std::string_view line(request.data(),
                              received > 0 ? static_cast<std::size_t>(received) : 0);
  if (line.starts_with("GET /metrics ")) {
    send_all(connection, response("200 OK", "text/plain; version=0.0.4", metrics()));
  } else if (line.starts_with("GET /healthz ")) {
    send_all(connection, response("200 OK", "text/plain", "ok\n"));
  } else {
    send_all(connection, response("404 Not Found", "text/plain", "/metrics is here\n"));
  }
  close(connection);
}

}  // namespace opptak::dataplane
