// A TCP stream, with TLS on it or without, behind one type and with one type of completion: the
// protocol code above is then compiled once, and not once a stream and handler. One owner at a
// time; used on its strand only.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <boost/container/static_vector.hpp>

#include "control/http/beast/names.h"

namespace opptak::control::http {

class WireStream {
 public:
  using executor_type = Strand;
  using Completion = std::move_only_function<void(ErrorCode, std::size_t)>;
  using Done = std::move_only_function<void(ErrorCode)>;

  // With TLS where `tls` is given; it outlives the stream.
  WireStream(TcpSocket&& socket, asio::ssl::context* tls) {
    if (tls != nullptr) {
      tls_ = std::make_unique<TlsStream>(std::move(socket), *tls);
    } else {
      tcp_ = std::make_unique<TcpStream>(std::move(socket));
    }
  }

  [[nodiscard]] executor_type get_executor() { return plain().get_executor(); }
  [[nodiscard]] bool is_tls() const noexcept { return tls_ != nullptr; }

  // Ends the waits that begin from now on at this time; they fail with beast::error::timeout.
  void expires_after(std::chrono::milliseconds time) { plain().expires_after(time); }
  void expires_never() { plain().expires_never(); }
  void close() { plain().close(); }

  // What the AsyncStream concept of Asio asks for.
  template <class Buffers, class Handler>
  auto async_read_some(const Buffers& buffers, Handler&& handler) {
    return asio::async_initiate<Handler, void(ErrorCode, std::size_t)>(
        [this](auto&& done, const Buffers& into) {
          read(collect<asio::mutable_buffer>(into), std::forward<decltype(done)>(done));
        },
        handler, buffers);
  }
  template <class Buffers, class Handler>
  auto async_write_some(const Buffers& buffers, Handler&& handler) {
    return asio::async_initiate<Handler, void(ErrorCode, std::size_t)>(
        [this](auto&& done, const Buffers& from) {
          write(collect<asio::const_buffer>(from), std::forward<decltype(done)>(done));
        },
        handler, buffers);
  }

  void async_handshake(Done done) {
    tls_->async_handshake(asio::ssl::stream_base::server, std::move(done));
  }
  // TLS: says goodbye and waits for the peer's. TCP: nothing more will be sent.
  void async_shutdown(Done done) {
    if (tls_) return tls_->async_shutdown(std::move(done));
    ErrorCode error;
    tcp_->socket().shutdown(asio::socket_base::shutdown_send, error);
    asio::post(get_executor(), [error, done = std::move(done)]() mutable { done(error); });
  }

  // How a websocket::stream ends the stream below it, and how its time-out does.
  template <class Handler>
  friend void async_teardown(beast::role_type, WireStream& stream, Handler&& handler) {
    stream.expires_after(std::chrono::seconds(2));
    stream.async_shutdown(std::forward<Handler>(handler));
  }
  friend void beast_close_socket(WireStream& stream) { stream.close(); }

 private:
  using TcpStream = beast::basic_stream<tcp, Strand>;
  using TlsStream = beast::ssl_stream<TcpStream>;

  // More buffers than this are written or read in several goes.
  template <class Buffer>
  using BufferList = boost::container::static_vector<Buffer, 8>;

  template <class Buffer, class Buffers>
  static BufferList<Buffer> collect(const Buffers& buffers) {
    BufferList<Buffer> list;
    for (auto it = asio::buffer_sequence_begin(buffers); it != asio::buffer_sequence_end(buffers);
         ++it) {
      if (list.size() == list.capacity()) break;
      if (const Buffer buffer = *it; buffer.size() > 0) list.push_back(buffer);
    }
    return list;
  }

  void read(const BufferList<asio::mutable_buffer>& into, Completion done) {
    if (tls_) return tls_->async_read_some(into, std::move(done));
    tcp_->async_read_some(into, std::move(done));
  }
  void write(const BufferList<asio::const_buffer>& from, Completion done) {
    if (tls_) return tls_->async_write_some(from, std::move(done));
    tcp_->async_write_some(from, std::move(done));
  }

  TcpStream& plain() { return tls_ ? tls_->next_layer() : *tcp_; }

  std::unique_ptr<TcpStream> tcp_;
  std::unique_ptr<TlsStream> tls_;
};

}  // namespace opptak::control::http
