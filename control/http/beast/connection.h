// One HTTP connection: reads a request, has it handled, writes the answer, and so on. Everything
// runs on the connection's strand but the handler, which runs on the pool of handler threads.
#pragma once

#include <type_traits>
#include <utility>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <spdlog/spdlog.h>

#include "control/http/beast/convert.h"
#include "control/http/beast/feed_socket.h"

namespace opptak::control::http {

template <class Stream>
class Connection final : public Connected, public std::enable_shared_from_this<Connection<Stream>> {
 public:
  static constexpr bool kTls = std::is_same_v<Stream, TlsStream>;

  template <class... StreamArguments>
  Connection(Shared& shared, const tcp::endpoint& peer, tcp::socket&& socket,
             StreamArguments&... arguments)
      : shared_(shared),
        slot_(shared),
        peer_(peer),
        stream_(std::move(socket), arguments...),
        executor_(stream_.get_executor()),
        buffer_(shared.options.header_bytes_max + kReadAheadBytes),
        registered_(shared, *this) {}

  void run() {
    asio::dispatch(executor_, [self = this->shared_from_this()] { self->begin(); });
  }

  std::shared_ptr<Connected> hold() override { return this->weak_from_this().lock(); }

  void finish() override {
    post([](Connection& self) {
      if (self.reading_header_) self.lowest().close();
    });
  }

  void close_now() override {
    post([](Connection& self) { self.lowest().close(); });
  }

 private:
  static constexpr std::size_t kReadAheadBytes = 64 * 1024;
  static constexpr std::size_t kDrainBytesMax = 1 << 20;
  static constexpr std::chrono::seconds kDrainTime{2};

  template <class Function>
  void post(Function function) {
    asio::post(executor_, [self = this->shared_from_this(), function] {
      if (!self->upgraded_) function(*self);
    });
  }

  beast::tcp_stream& lowest() { return beast::get_lowest_layer(stream_); }

  // Ends the connection's next wait after this long.
  void expire_after_ms(std::uint64_t ms) { lowest().expires_after(std::chrono::milliseconds(ms)); }

  void begin() {
    if constexpr (kTls) {
      expire_after_ms(shared_.options.header_timeout_ms);
      stream_.async_handshake(asio::ssl::stream_base::server,
                              [self = this->shared_from_this()](ErrorCode error) {
                                if (error) return self->give_up(error);
                                self->read_header();
                              });
    } else {
      read_header();
    }
  }

  void read_header() {
    if (shared_.stopping) return shut_down();
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(shared_.options.header_bytes_max));
    parser_->body_limit(shared_.options.body_bytes_max);
    expire_after_ms(shared_.options.header_timeout_ms);
    reading_header_ = true;
    wire::async_read_header(stream_, buffer_, *parser_,
                            [self = this->shared_from_this()](ErrorCode error, std::size_t) {
                              self->reading_header_ = false;
                              if (error) return self->refuse(error);
                              self->on_header();
                            });
  }

  void on_header() {
    expire_after_ms(shared_.options.body_timeout_ms);
    if (beast::iequals(parser_->get()[wire::field::expect], "100-continue")) {
      continue_ = {wire::status::continue_, parser_->get().version()};
      wire::async_write(stream_, continue_,
                        [self = this->shared_from_this()](ErrorCode error, std::size_t) {
                          if (error) return self->give_up(error);
                          self->read_body();
                        });
      return;
    }
    read_body();
  }

  void read_body() {
    wire::async_read(stream_, buffer_, *parser_,
                     [self = this->shared_from_this()](ErrorCode error, std::size_t) {
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
    lowest().close();
  }

  void handle() {
    WireRequest wire_request = parser_->release();
    const bool upgrade = websocket::is_upgrade(wire_request);
    keep_alive_ = wire_request.keep_alive();
    version_ = wire_request.version();
    head_ = wire_request.method() == wire::verb::head;
    if (upgrade) upgrade_.emplace(wire_request.base());
    Request request = to_request(wire_request);
    request.tls = kTls;
    request.peer_address = peer_.address().to_string();
    request.peer_loopback = is_loopback(peer_.address());
    lowest().expires_never();  // Nothing is waited for from the client now.
    asio::post(shared_.workers, [self = this->shared_from_this(), upgrade,
                                 request = std::move(request)] { self->work(request, upgrade); });
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
    asio::post(executor_, [self = this->shared_from_this(), feed = std::move(feed),
                           response = std::move(response)]() mutable {
      if (feed) return self->become_feed(std::move(feed));
      self->response_ = std::move(response);
      self->write();
    });
  }

  void become_feed(std::shared_ptr<Feed> feed) {
    upgraded_ = true;  // The stream is the FeedSocket's from here on.
    std::make_shared<FeedSocket<Stream>>(shared_, std::move(slot_), std::move(stream_),
                                         std::move(feed))
        ->run(std::move(*upgrade_));
  }

  void write() {
    keep_alive_ = keep_alive_ && !shared_.stopping;
    wire_response_ = to_wire(response_, version_, head_, keep_alive_, kTls);
    expire_after_ms(shared_.options.write_timeout_ms +
                    wire_response_.body().size() * 1000 /
                        shared_.options.write_bytes_per_second_min);
    wire::async_write(stream_, wire_response_,
                      [self = this->shared_from_this()](ErrorCode error, std::size_t) {
                        self->response_ = {};  // Audio is not held longer than it takes.
                        if (error) return self->give_up(error);
                        if (!self->keep_alive_) return self->shut_down();
                        self->read_header();
                      });
  }

  // Closes so that the client still reads the last answer: what it goes on sending is drained for
  // a while, since a reset would throw the answer away (RFC 9112 section 9.6).
  void shut_down() {
    lowest().expires_after(kDrainTime);
    if constexpr (kTls) {
      stream_.async_shutdown(
          [self = this->shared_from_this()](ErrorCode) { self->lowest().close(); });
    } else {
      ErrorCode ignored;
      stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
      drain();
    }
  }

  void drain() {
    buffer_.consume(buffer_.size());
    stream_.async_read_some(buffer_.prepare(kReadAheadBytes),
                            [self = this->shared_from_this()](ErrorCode error, std::size_t bytes) {
                              self->drained_bytes_ += bytes;
                              if (error || self->drained_bytes_ > kDrainBytesMax)
                                return self->lowest().close();
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
  Stream stream_;
  const asio::any_io_executor executor_;
  beast::flat_buffer buffer_;
  std::optional<wire::request_parser<wire::string_body>> parser_;
  std::optional<wire::request<wire::empty_body>> upgrade_;
  wire::response<wire::empty_body> continue_;
  Response response_;
  WireResponse wire_response_;
  std::size_t drained_bytes_ = 0;
  unsigned version_ = 11;
  bool head_ = false;
  bool upgraded_ = false;
  bool keep_alive_ = false;
  bool reading_header_ = false;
  Registered registered_;
};

}  // namespace opptak::control::http
