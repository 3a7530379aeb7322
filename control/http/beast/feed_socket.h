// One WebSocket that a Feed is written to. What the client sends is read and forgotten. Runs on
// the strand that it inherits from the connection.
#pragma once

#include <optional>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "control/http/beast/convert.h"
#include "control/http/beast/shared.h"
#include "control/http/beast/wire_stream.h"

namespace opptak::control::http {

class FeedSocket final : public Connected, public std::enable_shared_from_this<FeedSocket> {
 public:
  FeedSocket(Shared& shared, Slot slot, WireStream&& stream, std::shared_ptr<Feed> feed)
      : shared_(shared),
        slot_(std::move(slot)),
        feed_(std::move(feed)),
        socket_(std::move(stream)),
        timer_(socket_.get_executor()),
        registered_(shared, *this) {}

  ~FeedSocket() override { feed_->on_wake({}); }
  FeedSocket(const FeedSocket&) = delete;
  FeedSocket& operator=(const FeedSocket&) = delete;

  // The client's request to upgrade; on the strand.
  void run(wire::request<wire::empty_body> request) {
    socket_.next_layer().expires_never();
    websocket::stream_base::timeout timeout{};
    timeout.handshake_timeout = std::chrono::milliseconds(shared_.options.write_timeout_ms);
    timeout.idle_timeout = std::chrono::milliseconds(2 * shared_.options.feed_ping_ms);
    timeout.keep_alive_pings = true;
    socket_.set_option(timeout);
    socket_.read_message_max(kMessageBytesMax);
    const bool tls = socket_.next_layer().is_tls();
    socket_.set_option(websocket::stream_base::decorator([tls](websocket::response_type& response) {
      Response headers;
      add_security_headers(headers, tls);
      for (const Header& header : headers.headers) response.set(header.name, header.value);
    }));
    request_ = std::move(request);
    socket_.async_accept(request_, [self = shared_from_this()](ErrorCode error) {
      if (!error) self->accepted();
    });
  }

  std::shared_ptr<Connected> hold() override { return weak_from_this().lock(); }

  void finish() override { close_from_outside(websocket::close_code::going_away); }

  void close_now() override {
    post([](FeedSocket& self) { self.socket_.next_layer().close(); });
  }

 private:
  static constexpr std::size_t kMessageBytesMax = 1024;

  template <class Function>
  void post(Function function) {
    asio::post(socket_.get_executor(), [self = shared_from_this(), function] { function(*self); });
  }

  void accepted() {
    // Woken under the feed's lock: what is held there must not be the last reference to this, since
    // its end takes that lock as well.
    feed_->on_wake([weak = weak_from_this(), executor = socket_.get_executor()] {
      asio::post(executor, [weak] {
        if (auto self = weak.lock()) self->pump();
      });
    });
    read();
    tick();
    pump();
  }

  void read() {
    socket_.async_read(buffer_, [self = shared_from_this()](ErrorCode error, std::size_t) {
      if (error) return self->ended();
      self->buffer_.consume(self->buffer_.size());
      self->read();
    });
  }

  // Asks the feed now and then, so that a revoked login ends a quiet feed as well, and cuts a
  // client that answers pings but does not read.
  void tick() {
    timer_.expires_after(std::chrono::milliseconds(shared_.options.feed_ping_ms));
    timer_.async_wait([self = shared_from_this()](ErrorCode error) {
      if (error || self->ended_) return;
      const auto limit = std::chrono::milliseconds(self->shared_.options.write_timeout_ms);
      if (self->writing_ && std::chrono::steady_clock::now() - self->write_began_ > limit) {
        count(self->shared_.stats.connections_timed_out);
        return self->socket_.next_layer().close();
      }
      self->pump();
      self->tick();
    });
  }

  void pump() {
    if (writing_ || closing_ || ended_) return;
    FeedItem item = feed_->next();
    switch (item.state) {
      case FeedState::kEmpty:
        return;
      case FeedState::kTooSlow:
        return close(websocket::close_code::try_again_later);
      case FeedState::kRevoked:
        return close(websocket::close_code::policy_error);
      case FeedState::kMessage:
        break;
    }
    writing_ = std::move(item.text);
    write_began_ = std::chrono::steady_clock::now();
    socket_.text(true);
    socket_.async_write(asio::buffer(*writing_),
                        [self = shared_from_this()](ErrorCode error, std::size_t) {
                          self->writing_.reset();
                          if (error) return self->ended();
                          if (self->close_code_) return self->close(*self->close_code_);
                          self->pump();
                        });
  }

  void close_from_outside(websocket::close_code code) {
    post([code](FeedSocket& self) {
      self.close_code_ = code;
      if (!self.writing_) self.close(code);
    });
  }

  void close(websocket::close_code code) {
    if (closing_ || ended_) return;
    closing_ = true;
    socket_.async_close(code, [self = shared_from_this()](ErrorCode) { self->ended(); });
  }

  void ended() {
    ended_ = true;
    timer_.cancel();
    feed_->on_wake({});
  }

  Shared& shared_;
  Slot slot_;
  std::shared_ptr<Feed> feed_;
  websocket::stream<WireStream, false> socket_;  // Without compression.
  Timer timer_;
  wire::request<wire::empty_body> request_;
  beast::flat_buffer buffer_{kMessageBytesMax + 1024};
  std::shared_ptr<const std::string> writing_;
  std::chrono::steady_clock::time_point write_began_;
  std::optional<websocket::close_code> close_code_;
  bool closing_ = false;
  bool ended_ = false;
  Registered registered_;
};

}  // namespace opptak::control::http
