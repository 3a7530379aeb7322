// HTTP/1.1 server (RFC 9112) with WebSocket (RFC 6455) over plain TCP on loopback or over TLS.
//
// A fixed pool: `io_threads` move bytes, `handler_threads` run handlers. A connection has at most
// one request in work (pipelined ones wait their turn), so what waits for a handler thread is
// bounded by connections_max. Every wait for a client has an end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "control/http/handler.h"
#include "control/http/stats.h"

namespace opptak::control::http {

struct TlsFiles {
  std::string certificate_chain;  // PEM file, leaf first.
  std::string private_key;        // PEM file.
};

struct ServerOptions {
  std::string address = "127.0.0.1";  // IPv4 or IPv6; without TLS it must be a loopback address.
  std::uint16_t port = 0;             // 0: any free one, see Server::port().
  std::optional<TlsFiles> tls;        // TLS 1.2 and later.
  std::size_t io_threads = 1;
  std::size_t handler_threads = 4;
  std::size_t connections_max = 1024;
  std::size_t header_bytes_max = 16 * 1024;
  std::size_t body_bytes_max = 64 * 1024;
  std::uint32_t header_timeout_ms = 10'000;  // From the first wait to the last header byte.
  std::uint32_t body_timeout_ms = 20'000;
  // An answer must be taken within write_timeout_ms plus its size at write_bytes_per_second_min.
  std::uint32_t write_timeout_ms = 20'000;
  std::uint32_t write_bytes_per_second_min = 16 * 1024;
  std::uint32_t feed_ping_ms = 15'000;  // A WebSocket that does not answer is closed.
};

enum class ServerError : std::uint8_t {
  kBadAddress,        // Not an IP address.
  kPlainNotLoopback,  // Without TLS only 127.0.0.0/8 and ::1 may be served.
  kBadCertificate,    // A PEM file cannot be read, or key and certificate do not fit.
  kCannotListen,      // The port is taken or forbidden.
};

struct ServerFailure {
  ServerError error;
  std::string detail;  // What, on what, for the operator.
};

class Server {
 public:
  // Listens and serves until stop(). `handler` and `stats` outlive the server. Any thread.
  [[nodiscard]] static std::expected<std::unique_ptr<Server>, ServerFailure> start(
      const ServerOptions& options, Handler& handler, HttpStats& stats);
  ~Server();  // Stops.
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept;
  // Accepts nothing more, lets answers in work go out for at most `grace_ms`, closes the rest and
  // joins every thread. Idempotent; never called from a handler.
  void stop(std::uint32_t grace_ms = 2'000);

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace opptak::control::http
