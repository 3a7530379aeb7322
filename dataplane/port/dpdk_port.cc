#include "dataplane/port/dpdk_port.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace opptak::dataplane {

namespace {

constexpr std::uint16_t kDescriptors = 1024;
constexpr std::uint32_t kBuffersPerQueue = 8191;  // 2^n - 1 suits a mempool best.
constexpr std::uint32_t kBufferCache = 256;

bool is_pci(const std::string& device) {
  return device.size() >= 7 && device.find(':') != std::string::npos &&
         device.find('.') != std::string::npos && device.find(',') == std::string::npos &&
         device.find("capture:") != 0;
}

class DpdkQueue final : public RxQueue {
 public:
  DpdkQueue(std::uint16_t port, std::uint16_t queue) noexcept : port_(port), queue_(queue) {}

  std::size_t burst(std::span<Frame> frames) override {
    const auto room = static_cast<std::uint16_t>(std::min(frames.size(), packets_.size()));
    count_ = rte_eth_rx_burst(port_, queue_, packets_.data(), room);
    if (count_ == 0) return 0;
    const UnixNs now = system_now();  // One reading a burst, from the vDSO.
    for (std::size_t i = 0; i < count_; ++i) {
      rte_mbuf* packet = packets_[i];
      if (packet->nb_segs > 1) (void)rte_pktmbuf_linearize(packet);
      frames[i] = {rte_pktmbuf_mtod(packet, const std::uint8_t*), packet->data_len,
                   LinkType::kEthernet, now};
    }
    return count_;
  }

  void release() override {
    rte_pktmbuf_free_bulk(packets_.data(), static_cast<unsigned>(count_));
    count_ = 0;
  }

  std::uint64_t missed() override {
    if (queue_ != 0) return 0;
    rte_eth_stats stats{};
    if (rte_eth_stats_get(port_, &stats) != 0) return 0;
    return stats.imissed + stats.ierrors + stats.rx_nombuf;
  }

 private:
  std::uint16_t port_;
  std::uint16_t queue_;
  std::array<rte_mbuf*, kBurstFrames> packets_{};
  std::size_t count_ = 0;
};

// A memif server that was killed leaves its socket behind, and the driver refuses to reuse it: one
// on which nobody listens any more is taken away.
void remove_stale_memif_socket(const std::string& device) {
  constexpr std::string_view kKey = ",socket=";
  const std::size_t at = device.find(kKey);
  if (!device.starts_with("net_memif") || at == std::string::npos) return;
  const std::size_t start = at + kKey.size();
  const std::string path = device.substr(start, device.find(',', start) - start);
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path || !std::filesystem::is_socket(path)) return;
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, path.size());
  const int probe = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  const bool dead =
      connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
      errno == ECONNREFUSED;
  close(probe);
  if (dead) std::filesystem::remove(path);
}

std::expected<void, std::string> start_environment(const DpdkOptions& options) {
  std::vector<std::string> arguments{"opptak-dataplane", "--no-telemetry"};
  // One logical core that may run anywhere: workers are threads of ours, placed by configuration.
  arguments.push_back("--lcores=0@(0-" +
                      std::to_string(std::max(1u, std::thread::hardware_concurrency()) - 1) + ")");
  arguments.push_back(options.verbose ? "--log-level=*:info" : "--log-level=*:error");
  if (options.huge_pages) {
    arguments.push_back("--in-memory");
  } else {
    arguments.push_back("--no-huge");
    arguments.push_back("--no-shconf");  // Another gateway may run on this host.
    arguments.push_back("-m");
    arguments.push_back(std::to_string(options.memory_mib));
  }
  bool any_pci = false;
  for (const DpdkDevice& device : options.devices) {
    any_pci |= is_pci(device.device);
    remove_stale_memif_socket(device.device);
    arguments.push_back((is_pci(device.device) ? "--allow=" : "--vdev=") + device.device);
  }
  if (!any_pci) arguments.push_back("--no-pci");  // Else it probes the host's own interfaces.
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  cpu_set_t before;
  sched_getaffinity(0, sizeof before, &before);
  const int result = rte_eal_init(static_cast<int>(argv.size()), argv.data());
  sched_setaffinity(0, sizeof before, &before);
  if (result < 0) {
    return std::unexpected(
        std::string("DPDK could not start its devices (") + rte_strerror(rte_errno) +
        "): check dataplane.ports, that each interface exists, and the rights of this process");
  }
  return {};
}

std::expected<std::uint16_t, std::string> find_port(const std::string& device) {
  const std::string name = device.substr(0, device.find(','));
  std::uint16_t port = 0;
  if (rte_eth_dev_get_port_by_name(name.c_str(), &port) != 0) {
    return std::unexpected("port " + name +
                           " could not be opened: check the device's name and arguments");
  }
  return port;
}

std::string failed(const std::string& device, const char* what, int result) {
  return "port " + device + ": " + what + " failed (" + rte_strerror(-result) + ")";
}

std::expected<void, std::string> start_port(std::uint16_t port, const DpdkDevice& device) {
  rte_eth_dev_info info{};
  int result = rte_eth_dev_info_get(port, &info);
  if (result != 0) return std::unexpected(failed(device.device, "reading its abilities", result));
  if (device.queues > info.max_rx_queues) {
    return std::unexpected("port " + device.device + " has " + std::to_string(info.max_rx_queues) +
                           " receive queues, the configuration asks for " +
                           std::to_string(device.queues));
  }
  rte_eth_conf config{};
  if (device.queues > 1 && info.flow_type_rss_offloads != 0) {
    config.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
    config.rx_adv_conf.rss_conf.rss_hf =
        (RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP) & info.flow_type_rss_offloads;
  }
  // Some devices insist on as many transmit queues as receive queues; none is used.
  const std::uint16_t transmit = std::min(device.queues, info.max_tx_queues);
  result = rte_eth_dev_configure(port, device.queues, transmit, &config);
  if (result != 0) return std::unexpected(failed(device.device, "its configuration", result));
  std::uint16_t rx_descriptors = kDescriptors;
  std::uint16_t tx_descriptors = kDescriptors;
  result = rte_eth_dev_adjust_nb_rx_tx_desc(port, &rx_descriptors, &tx_descriptors);
  if (result != 0) return std::unexpected(failed(device.device, "sizing its rings", result));
  const int socket = rte_eth_dev_socket_id(port);
  for (std::uint16_t queue = 0; queue < device.queues; ++queue) {
    const std::string name = "rx-" + std::to_string(port) + "-" + std::to_string(queue);
    rte_mempool* pool = rte_pktmbuf_pool_create(name.c_str(), kBuffersPerQueue, kBufferCache, 0,
                                                RTE_MBUF_DEFAULT_BUF_SIZE, socket);
    if (pool == nullptr) {
      return std::unexpected("port " + device.device +
                             ": no memory for packet buffers: reserve "
                             "more huge pages or ask for fewer queues");
    }
    result = rte_eth_rx_queue_setup(port, queue, rx_descriptors, static_cast<unsigned>(socket),
                                    nullptr, pool);
    if (result != 0) return std::unexpected(failed(device.device, "a receive queue", result));
  }
  for (std::uint16_t queue = 0; queue < transmit; ++queue) {
    result =
        rte_eth_tx_queue_setup(port, queue, tx_descriptors, static_cast<unsigned>(socket), nullptr);
    if (result != 0) return std::unexpected(failed(device.device, "a transmit queue", result));
  }
  result = rte_eth_dev_start(port);
  if (result != 0) return std::unexpected(failed(device.device, "starting it", result));
  (void)rte_eth_promiscuous_enable(port);  // A mirror's packets are addressed to others.
  (void)rte_eth_stats_reset(port);
  return {};
}

}  // namespace

std::uint64_t free_huge_pages_mib() {
  std::uint64_t mib = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/sys/kernel/mm/hugepages", error)) {
    unsigned long page_kib = 0;
    std::uint64_t pages = 0;
    std::ifstream(entry.path() / "free_hugepages") >> pages;
    if (std::sscanf(entry.path().filename().c_str(), "hugepages-%lukB", &page_kib) == 1) {
      mib += pages * page_kib / 1024;
    }
  }
  return mib;
}

std::expected<std::vector<std::unique_ptr<RxQueue>>, std::string> open_dpdk(
    const DpdkOptions& options) {
  if (auto started = start_environment(options); !started) {
    return std::unexpected(started.error());
  }
  std::vector<std::unique_ptr<RxQueue>> queues;
  for (const DpdkDevice& device : options.devices) {
    const auto port = find_port(device.device);
    if (!port) return std::unexpected(port.error());
    if (auto started = start_port(*port, device); !started) {
      return std::unexpected(started.error());
    }
    for (std::uint16_t queue = 0; queue < device.queues; ++queue) {
      queues.push_back(std::make_unique<DpdkQueue>(*port, queue));
    }
  }
  return queues;
}

void register_dpdk_thread() { (void)rte_thread_register(); }

void close_dpdk() {
  for (std::uint64_t next = rte_eth_find_next(0); next < RTE_MAX_ETHPORTS;) {
    const auto port = static_cast<std::uint16_t>(next);
    (void)rte_eth_dev_stop(port);
    (void)rte_eth_dev_close(port);
    next = rte_eth_find_next(static_cast<std::uint16_t>(port + 1));
  }
  (void)rte_eal_cleanup();
}

}  // namespace opptak::dataplane
