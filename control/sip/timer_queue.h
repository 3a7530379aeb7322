// Deadlines of calls, earliest first. A call has at most one entry that counts: Call::timer_at
// names it, and entries of any other time are stale and passed over when they come up. A deadline
// that moves later keeps its early entry, which then finds nothing due and is set anew; so the
// queue holds little more than one entry per call.
// One owner thread.
#pragma once

#include <cstdint>
#include <optional>
#include <queue>
#include <vector>

#include "control/sip/events.h"

namespace opptak::control::sip {

class TimerQueue {
 public:
  struct Entry {
    UnixNs at;
    CallNumber call;
    auto operator<=>(const Entry&) const = default;
  };

  void add(UnixNs at, CallNumber call) { heap_.push(Entry{at, call}); }

  // Takes out the earliest entry due at `now`; equal times in order of call numbers.
  [[nodiscard]] std::optional<Entry> take_due(UnixNs now) {
    if (heap_.empty() || heap_.top().at > now) return std::nullopt;
    const Entry entry = heap_.top();
    heap_.pop();
    return entry;
  }

 private:
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> heap_;
};

}  // namespace opptak::control::sip
