// DPDK: the environment, and its devices as RxQueues. The only place of the project that sees
// DPDK's headers is this folder.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/port/rx_queue.h"

namespace opptak::dataplane {

struct DpdkDevice {
  std::string device;  // "net_af_packet0,iface=eth1" or "0000:01:00.0"
  std::uint16_t queues = 1;
};

struct DpdkOptions {
  std::vector<DpdkDevice> devices;
  bool huge_pages = false;         // Reserved on this host and wanted.
  std::uint32_t memory_mib = 256;  // Without huge pages: for packet buffers.
  bool verbose = false;
};

// 2 MiB or 1 GiB pages that are free on this host, in MiB.
[[nodiscard]] std::uint64_t free_huge_pages_mib();

// Starts DPDK's environment and every device; once per process, on the main thread. The queues
// come in the order of the devices. On failure one sentence: which device, why, what can be done.
[[nodiscard]] std::expected<std::vector<std::unique_ptr<RxQueue>>, std::string> open_dpdk(
    const DpdkOptions& options);

// Called by a worker's thread before its first burst: packet buffers then come from a cache of
// its own.
void register_dpdk_thread();

void close_dpdk();

}  // namespace opptak::dataplane
