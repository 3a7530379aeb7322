// Barriers under way: what to do once every worker has answered one (messages.h). One owner
// thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "storage/base/ids.h"

namespace opptak::control {

// What waits for one barrier.
struct PendingBarrier {
  CallId call;
  std::vector<RecordingId> recordings;  // To be closed.
  std::vector<bool> reached;            // By worker.
};

class Barriers {
 public:
  // Tokens are unique over restarts, so that an answer to a predecessor's barrier is not taken
  // for one of ours: the first is derived from the clock.
  explicit Barriers(std::uint64_t first_token) : next_token_(first_token) {}

  [[nodiscard]] std::uint64_t add(const CallId& call, std::vector<RecordingId> recordings,
                                  std::uint16_t workers) {
    pending_[next_token_] = {call, std::move(recordings), std::vector<bool>(workers)};
    return next_token_++;
  }

  // Notes the answer; once it is the last one, returns what waited for it.
  [[nodiscard]] std::optional<PendingBarrier> reached(std::uint64_t token, std::uint16_t worker) {
    const auto found = pending_.find(token);
    if (found == pending_.end() || worker >= found->second.reached.size()) return std::nullopt;
    found->second.reached[worker] = true;
    for (const bool one : found->second.reached) {
      if (!one) return std::nullopt;
    }
    PendingBarrier done = std::move(found->second);
    pending_.erase(found);
    return done;
  }

  // Another dataplane has to answer them all.
  void restart(std::uint16_t workers) {
    for (auto& [token, pending] : pending_) pending.reached.assign(workers, false);
  }

  [[nodiscard]] const std::map<std::uint64_t, PendingBarrier>& pending() const noexcept {
    return pending_;
  }

 private:
  std::map<std::uint64_t, PendingBarrier> pending_;
  std::uint64_t next_token_;
};

}  // namespace opptak::control
