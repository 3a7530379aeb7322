// Captures as a port: pcap and pcapng files through libpcap, several merged by time. At full speed
// for replays, or paced to real time with arrivals shifted to now, for demonstrations.
//
// A burst never spans more than kBurstSpanNs of capture time, so that timers run at the same
// packets in every replay.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/port/rx_queue.h"

namespace opptak::dataplane {

struct CaptureOptions {
  std::vector<std::string> files;
  bool real_time = false;
  bool loop = false;  // Real time only: start again at the end.
};

// "capture:FILE[,FILE...][?pace=realtime][&loop=1]" as in dataplane.ports.
[[nodiscard]] std::expected<CaptureOptions, std::string> parse_capture_device(
    const std::string& device);

// On failure one sentence: which file, what is wrong, what can be done.
[[nodiscard]] std::expected<std::unique_ptr<RxQueue>, std::string> open_capture(
    const CaptureOptions& options);

}  // namespace opptak::dataplane
