// One HTTP connection: reads a request, has it handled, writes the answer, and so on. Everything
// runs on the connection's strand but the handler, which runs on the pool of handler threads.
#pragma once

#include <array>
#include <utility>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <spdlog/spdlog.h>

#include "control/http/beast/convert.h"
#include "control/http/beast/feed_socket.h"
#include "control/http/beast/wire_stream.h"

namespace opptak::control::http {

class Connection final : public Connected, public std::enable_shared_from_this<Connection> {
 public:
  Connection(Shared& shared, const tcp::endpoint& peer, TcpSocket&& socket)
      : shared_(shared),
        slot_(shared),
        peer_(peer),
        stream_(std::move(socket), shared.tls ? &*shared.tls : nullptr),
        executor_(stream_.get_executor()),
        tls_(stream_.is_tls()),
        buffer_(shared.options.header_bytes_max + kReadAheadBytes),
        registered_(shared, *this) {}

  void run() {
    asio::dispatch(executor_, [self = shared_from_this()] { self->begin(); });
  }

  std::shared_ptr<Connected> hold() override { return weak_from_this().lock(); }

  void finish() override {
    post([](Connection& self) {
      if (self.reading_header_) self.stream_.close();
    });
  }

  void close_now() override {
    post([](Connection& self) { self.stream_.close(); });
  }

 private:
  static constexpr std::size_t kReadAheadBytes = 64 * 1024;
  static constexpr std::size_t kDrainBytesMax = 1 << 20;
  static constexpr std::chrono::seconds kDrainTime{2};

  template <class Function>
  void post(Function function) {
    asio::post(executor_, [self = shared_from_this(), function] {
      if (!self->upgraded_) function(*self);
    });
  }

  // Ends the connection's next wait after this long.
  void expire_after_ms(std::uint64_t ms) { stream_.expires_after(std::chrono::milliseconds(ms)); }

  void begin() {
    if (!tls_) return read_header();
    expire_after_ms(shared_.options.header_timeout_ms);
    stream_.async_handshake([self = shared_from_this()](ErrorCode error) {
      if (error) return self->give_up(error);
      self->read_header();
    });
  }

  void read_header() {
    if (shared_.stopping) return shut_down();
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(shared_.options.header_bytes_max));
    parser_->body_limit(shared_.options.body_bytes_max);
    expire_after_ms(shared_.options.header_timeout_ms);
    reading_header_ = true;
    wire::async_read_header(stream_, buffer_, *parser_,
                            [self = shared_from_this()](ErrorCode error, std::size_t) {
                              self->reading_header_ = false;
                              if (error) return self->refuse(error);
                              self->on_header();
                            });
  }

  void on_header() {
    expire_after_ms(shared_.options.body_timeout_ms);
    if (beast::iequals(parser_->get()[wire::field::expect], "100-continue")) {
      static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      asio::async_write(stream_, asio::buffer(kContinue),
                        [self = shared_from_this()](ErrorCode error, std::size_t) {
                          if (error) return self->give_up(error);
                          self->read_body();
                        });
      return;
    }
    read_body();
  }

  void read_body() {
    wire::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](ErrorCode error, std::size_t) {
                       if (error) return self->refuse(error);
                       self->handle();
                     });
  }

  // The request could not be read: says why where that can be said, and closes.
  void refuse(const ErrorCode& error) {
    auto answer = to_problem(error);
    if (!answer) return give_up(error);
    count(shared_.stats.requests_malformed);
    response_ = std::move(*answer);
    head_ = false;
    keep_alive_ = false;
    write();
  }

  void give_up(const ErrorCode& error) {
    if (error == beast::error::timeout) count(shared_.stats.connections_timed_out);
    if (error == wire::error::end_of_stream) return shut_down();
    stream_.close();
  }

  void handle() {
    WireRequest wire_request = parser_->release();
    const bool upgrade = websocket::is_upgrade(wire_request);
    keep_alive_ = wire_request.keep_alive();
    version_ = wire_request.version();
    head_ = wire_request.method() == wire::verb::head;
    if (upgrade) upgrade_.emplace(wire_request.base());
    Request request = to_request(wire_request);
    request.tls = tls_;
    request.peer_address = peer_.address().to_string();
    request.peer_loopback = is_loopback(peer_.address());
    stream_.expires_never();  // Nothing is waited for from the client now.
    asio::post(shared_.workers, [self = shared_from_this(), upgrade, request = std::move(request)] {
      self->work(request, upgrade);
    });
  }

  // On a handler thread.
  void work(const Request& request, bool upgrade) {
    std::shared_ptr<Feed> feed;
    Response response;
    try {
      if (upgrade) {
        auto opened = shared_.handler.open_feed(request);
        if (opened) {
          feed = std::move(*opened);
        } else {
          response = std::move(opened.error());
        }
      } else {
        response = shared_.handler.handle(request);
      }
    } catch (const std::exception& failure) {
      spdlog::error("a request failed: {}", failure.what());
      response = problem(500, "It could not be done; the gateway's log says why.");
    }
    asio::post(executor_, [self = shared_from_this(), feed = std::move(feed),
                           response = std::move(response)]() mutable {
      if (feed) return self->become_feed(std::move(feed));
      self->response_ = std::move(response);
      self->write();
    });
  }

  void become_feed(std::shared_ptr<Feed> feed) {
    upgraded_ = true;  // The stream is the FeedSocket's from here on.
    std::make_shared<FeedSocket>(shared_, std::move(slot_), std::move(stream_), std::move(feed))
        ->run(std::move(*upgrade_));
  }

  void write() {
    keep_alive_ = keep_alive_ && !shared_.stopping;
    head_text_ = head_text(response_, version_, keep_alive_, tls_);
    const std::string_view body = head_ ? std::string_view{} : response_.body_view();
    expire_after_ms(shared_.options.write_timeout_ms +
                    body.size() * 1000 / shared_.options.write_bytes_per_second_min);
    const std::array<asio::const_buffer, 2> whole{asio::buffer(head_text_), asio::buffer(body)};
    asio::async_write(stream_, whole, [self = shared_from_this()](ErrorCode error, std::size_t) {
      self->response_ = {};  // Audio is not held longer than it takes.
      if (error) return self->give_up(error);
      if (!self->keep_alive_) return self->shut_down();
      self->read_header();
    });
  }

  // Closes so that the client still reads the last answer: what it goes on sending is drained for
  // a while, since a reset would throw the answer away (RFC 9112 section 9.6).
  void shut_down() {
    stream_.expires_after(kDrainTime);
    stream_.async_shutdown([self = shared_from_this()](ErrorCode) {
      if (self->tls_) return self->stream_.close();
      self->drain();
    });
  }

  void drain() {
    buffer_.consume(buffer_.size());
    stream_.async_read_some(buffer_.prepare(kReadAheadBytes),
                            [self = shared_from_this()](ErrorCode error, std::size_t bytes) {
                              self->drained_bytes_ += bytes;
                              if (error || self->drained_bytes_ > kDrainBytesMax)
                                return self->stream_.close();
                              self->drain();
                            });
  }

  static bool is_loopback(const asio::ip::address& address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
      return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).is_loopback();
    }
    return address.is_loopback();
  }

  Shared& shared_;
  Slot slot_;
  const tcp::endpoint peer_;
  WireStream stream_;
  const Strand executor_;
  const bool tls_;
  beast::flat_buffer buffer_;
  std::optional<wire::request_parser<wire::string_body>> parser_;
  std::optional<wire::request<wire::empty_body>> upgrade_;
  Response response_;
  std::string head_text_;
  std::size_t drained_bytes_ = 0;
  unsigned version_ = 11;
  bool head_ = false;
  bool upgraded_ = false;
  bool keep_alive_ = false;
  bool reading_header_ = false;
  Registered registered_;
};

}  // namespace opptak::control::http
