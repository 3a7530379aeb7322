// What the connections of one server have in common.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/thread_pool.hpp>

#include "control/http/beast/names.h"
#include "control/http/server.h"

namespace opptak::control::http {

// One open connection, as stop() sees it. Any thread.
class Connected {
 public:
  virtual ~Connected() = default;
  // Keeps it alive while stop() talks to it; none if it is on its way out.
  [[nodiscard]] virtual std::shared_ptr<Connected> hold() = 0;
  virtual void finish() = 0;     // Ends once the answer in work has gone out.
  virtual void close_now() = 0;  // Ends at once.
};

struct Shared {
  Shared(const ServerOptions& given, Handler& serve, HttpStats& counters)
      : options(given),
        handler(serve),
        stats(counters),
        io(static_cast<int>(given.io_threads)),
        workers(given.handler_threads) {}

  const ServerOptions options;
  Handler& handler;
  HttpStats& stats;
  std::atomic<bool> stopping{false};
  std::mutex mutex;
  std::condition_variable gone;
  std::set<Connected*> connected;  // Guarded by mutex; each removes itself before it dies.
  std::optional<asio::ssl::context> tls;
  asio::io_context io;
  asio::thread_pool workers;
};

// Keeps a connection counted and known to stop(). It is handed on when a connection becomes a
// WebSocket.
class Slot {
 public:
  explicit Slot(Shared& shared) : shared_(&shared) {
    shared.stats.connections_open.fetch_add(1, std::memory_order_relaxed);
  }
  Slot(Slot&& other) noexcept : shared_(std::exchange(other.shared_, nullptr)) {}
  Slot& operator=(Slot&&) = delete;
  ~Slot() {
    if (shared_ != nullptr) {
      shared_->stats.connections_open.fetch_sub(1, std::memory_order_relaxed);
    }
  }

 private:
  Shared* shared_;
};

class Registered {
 public:
  Registered(Shared& shared, Connected& self) : shared_(shared), self_(self) {
    const std::scoped_lock lock(shared.mutex);
    shared.connected.insert(&self);
  }
  ~Registered() {
    const std::scoped_lock lock(shared_.mutex);
    shared_.connected.erase(&self_);
    shared_.gone.notify_all();
  }
  Registered(const Registered&) = delete;
  Registered& operator=(const Registered&) = delete;

 private:
  Shared& shared_;
  Connected& self_;
};

}  // namespace opptak::control::http
