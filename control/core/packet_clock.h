// Time as the packets tell it. On live ports that is the wall clock, in a replay the capture's
// time; deadlines of calls are kept in its age, which never goes backwards. One owner thread.
#pragma once

#include <cstdint>

#include "storage/base/time.h"

namespace opptak::control {

class PacketClock {
 public:
  // Threads of the dataplane are a little apart, so a small step back is no news. A large one is
  // a clock that was set back, or a capture whose packets are not in order.
  static constexpr std::int64_t kStepBackNs = 60 * kNsPerSecond;

  void advance(UnixNs time) noexcept {
    if (!time.known()) return;
    if (!now_.known() || now_ - time > kStepBackNs) {
      now_ = time;
    } else if (time > now_) {
      age_ns_ += time - now_;
      now_ = time;
    }
  }

  [[nodiscard]] UnixNs now() const noexcept { return now_; }
  [[nodiscard]] std::int64_t age_ns() const noexcept { return age_ns_; }  // Since the first event.

 private:
  UnixNs now_;
  std::int64_t age_ns_ = 0;
};

}  // namespace opptak::control
