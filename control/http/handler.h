// What a server serves. The server calls these from a small pool of handler threads, several at a
// time; they may block on the core, the catalogue or the renderer.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "control/http/message.h"

namespace opptak::control::http {

enum class FeedState : std::uint8_t {
  kMessage,  // `text` is the next message.
  kEmpty,    // Nothing now; the wake function will be called.
  kTooSlow,  // The reader fell behind its bounded queue: close, so that it starts afresh.
  kRevoked,  // The login behind it is gone: close.
};

struct FeedItem {
  FeedState state = FeedState::kEmpty;
  std::shared_ptr<const std::string> text;
};

// One reader of a stream of messages: a WebSocket. Its queue is bounded.
class Feed {
 public:
  virtual ~Feed() = default;
  // `wake` is called from any thread when an empty feed has got something; it must return at once.
  // It is not called any more once on_wake({}) has returned.
  virtual void on_wake(std::function<void()> wake) = 0;
  [[nodiscard]] virtual FeedItem next() = 0;
};

class Handler {
 public:
  virtual ~Handler() = default;
  [[nodiscard]] virtual Response handle(const Request& request) = 0;
  // A GET that asks to become a WebSocket (RFC 6455); an answer refuses it.
  [[nodiscard]] virtual std::expected<std::unique_ptr<Feed>, Response> open_feed(
      const Request& request) = 0;
};

}  // namespace opptak::control::http
