// Puts the packets of one run of one stream into sequence order: oRTP's jitter buffer, driven by
// the times of arrival instead of a clock, so that it works as fast as it can. oRTP sees sequence
// number and timestamp of a packet and never its payload. It drops copies, and what comes more
// than kReorderMs late. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace opptak::control::render {

inline constexpr std::uint32_t kReorderMs = 1'000;

struct OrderedPacket {
  std::uint32_t timestamp = 0;
  std::uint8_t payload_type = 0;
  std::vector<std::uint8_t> payload;
};

class Reorder {
 public:
  using Deliver = std::function<void(OrderedPacket&)>;

  // `clock_hz` is that of the run's timestamps.
  explicit Reorder(std::uint32_t clock_hz);
  ~Reorder();
  Reorder(const Reorder&) = delete;
  Reorder& operator=(const Reorder&) = delete;

  // Takes a packet that arrived `since_start_us` after the run's first one (never less than the
  // last time), and delivers those that nothing can precede any more.
  void push(std::int64_t since_start_us, std::uint16_t sequence, OrderedPacket packet,
            const Deliver& deliver);
  // Delivers what is left; the run is over.
  void finish(const Deliver& deliver);

 private:
  class Session;
  std::unique_ptr<Session> session_;
};

// Lets oRTP do what it does once a process (opening its source of randomness), before rights go.
void prepare_reorder();

}  // namespace opptak::control::render
