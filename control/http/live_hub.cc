#include "control/http/live_hub.h"

#include <algorithm>
#include <deque>

#include <nlohmann/json.hpp>

#include "control/http/rows_json.h"

namespace opptak::control::http {

struct LiveHub::Queue {
  Principal principal;
  std::mutex mutex;
  std::deque<std::shared_ptr<const std::string>> messages;
  bool overflowed = false;
  std::function<void()> wake;

  [[nodiscard]] bool may_see(const CallRow& call) const {
    Subject subject{call.client, std::nullopt};
    if (call.agent) subject.agent = *call.agent;
    return allowed(principal, Action::kViewCalls, subject);
  }
};

void LiveHub::publish(const CallRow& call) {
  const std::scoped_lock lock(mutex_);
  std::shared_ptr<const std::string> text;
  for (const auto& queue : queues_) {
    if (!queue->may_see(call)) continue;
    if (!text) {
      Json message;
      message["type"] = "call";
      message["call"] = call_json(call);
      text = std::make_shared<const std::string>(to_text(message));
    }
    const std::scoped_lock queue_lock(queue->mutex);
    if (queue->overflowed) continue;
    if (queue->messages.size() >= limits_.messages_max) {
      queue->overflowed = true;
      queue->messages.clear();
      count(stats_.feeds_too_slow);
    } else {
      queue->messages.push_back(text);
    }
    if (queue->wake) queue->wake();
  }
}

std::unique_ptr<LiveHub::Reader> LiveHub::subscribe(const Principal& principal,
                                                    std::function<bool()> still_valid) {
  auto queue = std::make_shared<Queue>();
  queue->principal = principal;
  const std::scoped_lock lock(mutex_);
  if (queues_.size() >= limits_.readers_max) return nullptr;
  queues_.push_back(queue);
  count(stats_.feeds_open);
  return std::make_unique<Reader>(shared_from_this(), std::move(queue), std::move(still_valid));
}

void LiveHub::unsubscribe(const std::shared_ptr<Queue>& queue) {
  const std::scoped_lock lock(mutex_);
  std::erase(queues_, queue);
  stats_.feeds_open.fetch_sub(1, std::memory_order_relaxed);
}

LiveHub::Reader::Reader(std::shared_ptr<LiveHub> hub, std::shared_ptr<Queue> queue,
                        std::function<bool()> still_valid)
    : hub_(std::move(hub)), queue_(std::move(queue)), still_valid_(std::move(still_valid)) {}

LiveHub::Reader::~Reader() { hub_->unsubscribe(queue_); }

void LiveHub::Reader::start(const std::vector<CallRow>& calls) {
  Json message;
  message["type"] = "snapshot";
  message["calls"] = Json::array();
  for (const CallRow& call : calls) {
    if (queue_->may_see(call)) message["calls"].push_back(call_json(call));
  }
  const std::scoped_lock lock(queue_->mutex);
  queue_->messages.push_front(std::make_shared<const std::string>(to_text(message)));
}

void LiveHub::Reader::on_wake(std::function<void()> wake) {
  const std::scoped_lock lock(queue_->mutex);
  queue_->wake = std::move(wake);
}

FeedItem LiveHub::Reader::next() {
  if (!still_valid_()) return {FeedState::kRevoked, nullptr};
  const std::scoped_lock lock(queue_->mutex);
  if (queue_->overflowed) return {FeedState::kTooSlow, nullptr};
  if (queue_->messages.empty()) return {FeedState::kEmpty, nullptr};
  FeedItem item{FeedState::kMessage, std::move(queue_->messages.front())};
  queue_->messages.pop_front();
  return item;
}

}  // namespace opptak::control::http
