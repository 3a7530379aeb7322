// When to look at which call again: a queue of (age, call). A call may stand in it several times;
// whoever takes an entry looks at the call itself for what is due. One owner thread.
#pragma once

#include <cstdint>
#include <optional>
#include <queue>
#include <utility>
#include <vector>

#include "storage/base/ids.h"

namespace opptak::control {

class Deadlines {
 public:
  void schedule(std::int64_t at_age_ns, const CallId& call) { queue_.push({at_age_ns, call}); }

  // The oldest entry that is due at `age_ns`.
  [[nodiscard]] std::optional<CallId> take_due(std::int64_t age_ns) {
    if (queue_.empty() || queue_.top().first > age_ns) return std::nullopt;
    const CallId call = queue_.top().second;
    queue_.pop();
    return call;
  }

  [[nodiscard]] std::size_t size() const noexcept { return queue_.size(); }

 private:
  using Entry = std::pair<std::int64_t, CallId>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue_;
};

}  // namespace opptak::control
