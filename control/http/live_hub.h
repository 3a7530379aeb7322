// Calls in progress for WebSockets: the core publishes each change of a call, every reader gets
// those that it may see, through a bounded queue of its own.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "control/access/principal.h"
#include "control/catalogue/rows.h"
#include "control/http/handler.h"
#include "control/http/stats.h"

namespace opptak::control::http {

struct LiveLimits {
  std::size_t readers_max = 256;
  std::size_t messages_max = 1024;  // Waiting for one reader.
};

class LiveHub : public std::enable_shared_from_this<LiveHub> {
 public:
  // `stats` outlives the hub.
  explicit LiveHub(HttpStats& stats, LiveLimits limits = {}) : stats_(stats), limits_(limits) {}

  // On the core's thread; returns at once.
  void publish(const CallRow& call);

  // A new reader for `principal`; none above readers_max. Changes are collected from now on: read
  // the snapshot after this call and hand it to start(). `still_valid` is asked now and then.
  class Reader;
  [[nodiscard]] std::unique_ptr<Reader> subscribe(const Principal& principal,
                                                  std::function<bool()> still_valid);

 private:
  struct Queue;
  void unsubscribe(const std::shared_ptr<Queue>& queue);

  HttpStats& stats_;
  const LiveLimits limits_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<Queue>> queues_;
};

class LiveHub::Reader final : public Feed {
 public:
  Reader(std::shared_ptr<LiveHub> hub, std::shared_ptr<Queue> queue,
         std::function<bool()> still_valid);
  ~Reader() override;
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // The first message; it goes before every change collected so far.
  void start(const std::vector<CallRow>& calls);

  void on_wake(std::function<void()> wake) override;
  [[nodiscard]] FeedItem next() override;

 private:
  std::shared_ptr<LiveHub> hub_;
  std::shared_ptr<Queue> queue_;
  std::function<bool()> still_valid_;
};

}  // namespace opptak::control::http
