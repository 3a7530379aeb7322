// The dataplane put together: channel, block memory, ports, workers and writers, with their
// threads. main.cc makes one from the configuration.
#pragma once

#include <atomic>
#include <expected>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "dataplane/api/channel.h"
#include "dataplane/block/block_memory.h"
#include "dataplane/block/index_ring.h"
#include "dataplane/port/rx_queue.h"
#include "dataplane/worker/worker.h"
#include "dataplane/writer/writer.h"
#include "storage/segment/store.h"
#include "storage/settings/settings.h"

namespace opptak::dataplane {

struct GatewayMemory {
  int channel_fd;
  int blocks_fd;
  int wakeup_fd;
};

class Gateway {
 public:
  // Opens the store, the ports and the memory. On failure one sentence for the operator.
  [[nodiscard]] static std::expected<std::unique_ptr<Gateway>, std::string> open(
      const storage::Settings& settings, GatewayMemory memory);
  ~Gateway();

  void start();
  // Stops the workers, then the writers once what was captured is on disk.
  void stop();

  [[nodiscard]] const Channel& channel() const noexcept { return *channel_; }
  [[nodiscard]] std::uint64_t epoch() const noexcept { return epoch_; }

 private:
  Gateway() = default;

  [[nodiscard]] std::expected<void, std::string> open_ports(const storage::Settings& settings);
  [[nodiscard]] std::expected<void, std::string> open_memory(const storage::Settings& settings,
                                                             GatewayMemory memory);
  [[nodiscard]] std::expected<void, std::string> open_writers(const storage::Settings& settings,
                                                              int wakeup_fd);
  void open_workers(const storage::Settings& settings, int wakeup_fd);
  void account_crash();
  void hand_out_slots();

  storage::StoreInfo store_;
  std::unique_ptr<storage::StoreLock> lock_;
  std::uint32_t epoch_ = 0;
  bool uses_dpdk_ = false;
  std::unique_ptr<Channel> channel_;
  std::unique_ptr<BlockMemory> blocks_;
  std::vector<std::unique_ptr<RxQueue>> queues_;
  std::vector<std::unique_ptr<IndexRing>> full_rings_;  // [worker * writers + writer]
  std::vector<std::unique_ptr<IndexRing>> free_rings_;  // The same, back.
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::unique_ptr<Writer>> writers_;
  std::vector<std::uint16_t> worker_cores_;
  std::vector<std::uint16_t> writer_cores_;
  std::vector<std::thread> worker_threads_;
  std::vector<std::thread> writer_threads_;
  std::atomic<bool> stop_workers_{false};
  std::atomic<bool> stop_writers_{false};
};

}  // namespace opptak::dataplane
