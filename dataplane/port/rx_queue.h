// One receive queue of one port, as a worker sees it: bursts of frames. The worker that polls it
// is its only user. Ports of every kind (DPDK, capture files) stand behind this seam.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "dataplane/packet/frame.h"

namespace opptak::dataplane {

inline constexpr std::size_t kBurstFrames = 64;

class RxQueue {
 public:
  virtual ~RxQueue() = default;

  // Fills at most frames.size() frames and returns their number. They stay valid until release().
  [[nodiscard]] virtual std::size_t burst(std::span<Frame> frames) = 0;
  virtual void release() = 0;

  // Frames that the port or its driver has lost so far. Called about once a second, by one worker
  // per port (the others' queues answer 0).
  [[nodiscard]] virtual std::uint64_t missed() { return 0; }

  // True where nothing will ever come again: the end of a capture.
  [[nodiscard]] virtual bool ended() const { return false; }
  // What went wrong before the end; empty: nothing.
  [[nodiscard]] virtual std::string error() const { return {}; }

  // False for a port whose arrival times are not the present (a capture at full speed).
  [[nodiscard]] virtual bool live() const { return true; }
};

}  // namespace opptak::dataplane
