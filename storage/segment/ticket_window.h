// Inside storage/segment: which reservations have been written, failed, become durable. A ring of
// states for the tickets above the durable watermark, allocated once. One owning thread.
#pragma once

#include <cstdint>
#include <unordered_set>
#include <vector>

#include "storage/base/check.h"

namespace opptak::storage {

class TicketWindow {
 public:
  // `capacity`: a power of two; tickets that may be issued and not yet durable.
  explicit TicketWindow(std::size_t capacity) : states_(capacity), mask_(capacity - 1) {}

  [[nodiscard]] bool full() const noexcept { return issued_ - durable_ >= states_.size(); }

  // `segment` is the caller's number for what the ticket's block lies in.
  std::uint64_t issue(std::uint32_t segment) noexcept {
    CHECK(!full());
    ++issued_;
    states_[issued_ & mask_] = {segment, Phase::kPending};
    return issued_;
  }

  void settle(std::uint64_t ticket, bool ok) {
    State& state = states_[ticket & mask_];
    DCHECK(ticket > written_ && ticket <= issued_ && state.phase == Phase::kPending);
    state.phase = Phase::kSettled;
    if (!ok) failed_.insert(ticket);
    while (written_ < issued_ && states_[(written_ + 1) & mask_].phase == Phase::kSettled) {
      ++written_;
    }
  }

  // Tickets of `segment` above the durable watermark and up to `target` are lost.
  void fail_segment(std::uint32_t segment, std::uint64_t target) {
    for (std::uint64_t ticket = durable_ + 1; ticket <= target; ++ticket) {
      if (states_[ticket & mask_].segment == segment) failed_.insert(ticket);
    }
  }

  void set_durable(std::uint64_t target) noexcept {
    DCHECK(target <= written_);
    if (target > durable_) durable_ = target;
  }

  [[nodiscard]] bool take_failed(std::uint64_t ticket) {
    return !failed_.empty() && failed_.erase(ticket) > 0;
  }
  [[nodiscard]] bool any_failed() const noexcept { return !failed_.empty(); }
  [[nodiscard]] std::uint64_t issued() const noexcept { return issued_; }
  [[nodiscard]] std::uint64_t written() const noexcept { return written_; }
  [[nodiscard]] std::uint64_t durable() const noexcept { return durable_; }

 private:
  enum class Phase : std::uint8_t { kPending, kSettled };
  struct State {
    std::uint32_t segment = 0;
    Phase phase = Phase::kPending;
  };
  std::vector<State> states_;
  std::size_t mask_;
  std::unordered_set<std::uint64_t> failed_;
  std::uint64_t issued_ = 0;
  std::uint64_t written_ = 0;
  std::uint64_t durable_ = 0;
};

}  // namespace opptak::storage
