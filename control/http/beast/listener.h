// Accepts connections until stopped; refuses, counted, what goes beyond connections_max.
#pragma once

#include <memory>
#include <utility>

#include <boost/asio/strand.hpp>

#include "control/http/beast/connection.h"

namespace opptak::control::http {

class Listener {
 public:
  explicit Listener(Shared& shared)
      : shared_(shared),
        acceptor_(asio::make_strand(shared.io)),
        retry_(acceptor_.get_executor()) {}

  [[nodiscard]] ErrorCode open(const tcp::endpoint& endpoint) {
    ErrorCode error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    return error;
  }

  [[nodiscard]] std::uint16_t port() const {
    ErrorCode ignored;
    return acceptor_.local_endpoint(ignored).port();
  }

  void accept() {
    acceptor_.async_accept(asio::make_strand(shared_.io), peer_,
                           [this](ErrorCode error, TcpSocket socket) {
                             if (shared_.stopping) return;
                             if (error) return wait_and_retry();
                             welcome(std::move(socket));
                             accept();
                           });
  }

  void close() {
    asio::post(acceptor_.get_executor(), [this] {
      ErrorCode ignored;
      acceptor_.close(ignored);
      retry_.cancel();
    });
  }

 private:
  // Out of file descriptors, most likely: trying again at once would spin.
  void wait_and_retry() {
    retry_.expires_after(std::chrono::milliseconds(100));
    retry_.async_wait([this](ErrorCode error) {
      if (!error && !shared_.stopping) accept();
    });
  }

  void welcome(TcpSocket socket) {
    if (shared_.stats.connections_open.load(std::memory_order_relaxed) >=
        shared_.options.connections_max) {
      count(shared_.stats.connections_refused);
      return;  // The socket closes itself.
    }
    count(shared_.stats.connections_accepted);
    ErrorCode ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    std::make_shared<Connection>(shared_, peer_, std::move(socket))->run();
  }

  Shared& shared_;
  asio::basic_socket_acceptor<tcp, Strand> acceptor_;
  Timer retry_;
  tcp::endpoint peer_;
};

}  // namespace opptak::control::http
