#include "dataplane/main/gateway.h"

#include <algorithm>

#include <pthread.h>
#include <spdlog/spdlog.h>

#include "dataplane/port/capture_port.h"
#include "dataplane/port/dpdk_port.h"

namespace opptak::dataplane {

namespace {

// A serial is epoch << 40 | counter; each thread counts in a range of its own.
constexpr unsigned kSerialThreadShift = 32;
constexpr unsigned kSerialEpochShift = 40;

std::uint64_t first_serial(std::uint32_t epoch, std::size_t thread) {
  return std::uint64_t{epoch} << kSerialEpochShift | std::uint64_t{thread} << kSerialThreadShift;
}

void place_thread(std::thread& thread, const std::vector<std::uint16_t>& cores, std::size_t index,
                  const char* name) {
  pthread_setname_np(thread.native_handle(), name);
  if (index >= cores.size()) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cores[index], &set);
  if (pthread_setaffinity_np(thread.native_handle(), sizeof set, &set) != 0) {
    spdlog::warn("{} {} cannot be placed on core {}: it runs wherever the kernel puts it", name,
                 index, cores[index]);
  }
}

bool is_capture(const std::string& device) { return device.starts_with("capture:"); }

}  // namespace

std::expected<std::unique_ptr<Gateway>, std::string> Gateway::open(
    const storage::Settings& settings, GatewayMemory memory) {
  std::unique_ptr<Gateway> gateway(new Gateway);
  auto store = storage::open_or_create_store(settings.storage.directory, system_now());
  if (!store) return std::unexpected(store.error().message);
  gateway->store_ = *store;
  auto lock = storage::StoreLock::take(*store);
  if (!lock) return std::unexpected(lock.error().message);
  gateway->lock_ = std::make_unique<storage::StoreLock>(std::move(*lock));
  const auto epoch = storage::advance_epoch(*store);
  if (!epoch) return std::unexpected(epoch.error().message);
  gateway->epoch_ = *epoch;
  gateway->worker_cores_ = settings.dataplane.worker_cores;
  gateway->writer_cores_ = settings.dataplane.writer_cores;
  if (auto ports = gateway->open_ports(settings); !ports) return std::unexpected(ports.error());
  if (auto opened = gateway->open_memory(settings, memory); !opened) {
    return std::unexpected(opened.error());
  }
  if (auto writers = gateway->open_writers(settings, memory.wakeup_fd); !writers) {
    return std::unexpected(writers.error());
  }
  gateway->open_workers(settings, memory.wakeup_fd);
  return gateway;
}

std::expected<void, std::string> Gateway::open_ports(const storage::Settings& settings) {
  DpdkOptions dpdk;
  dpdk.verbose = settings.log.level <= storage::LogLevel::kDebug;
  for (const storage::PortSettings& port : settings.dataplane.ports) {
    if (!is_capture(port.device)) {
      dpdk.devices.push_back({port.device, port.queues});
      continue;
    }
    const auto options = parse_capture_device(port.device);
    if (!options) return std::unexpected(options.error());
    auto queue = open_capture(*options);
    if (!queue) return std::unexpected(queue.error());
    queues_.push_back(std::move(*queue));
  }
  if (!settings.dataplane.capture_files.empty()) {
    CaptureOptions options;
    for (const auto& file : settings.dataplane.capture_files)
      options.files.push_back(file.string());
    auto queue = open_capture(options);
    if (!queue) return std::unexpected(queue.error());
    queues_.push_back(std::move(*queue));
  }
  if (dpdk.devices.empty()) return {};
  const std::uint64_t huge_mib = free_huge_pages_mib();
  dpdk.huge_pages = settings.dataplane.huge_pages == storage::HugePages::kAuto && huge_mib >= 64;
  if (dpdk.huge_pages) {
    spdlog::info("packet buffers lie in huge pages ({} MiB are free)", huge_mib);
  } else {
    spdlog::warn(
        "packet buffers lie in ordinary pages, since no huge pages are {}: software ports work, "
        "hardware ports need them, and every packet costs more address translations",
        settings.dataplane.huge_pages == storage::HugePages::kOff ? "wanted" : "reserved");
  }
  auto opened = open_dpdk(dpdk);
  if (!opened) return std::unexpected(opened.error());
  uses_dpdk_ = true;
  for (auto& queue : *opened) queues_.push_back(std::move(queue));
  return {};
}

std::expected<void, std::string> Gateway::open_memory(const storage::Settings& settings,
                                                      GatewayMemory memory) {
  if (queues_.empty()) return std::unexpected("no port is configured: set dataplane.ports");
  const auto workers = static_cast<std::uint32_t>(queues_.size());
  auto channel = Channel::create(memory.channel_fd, {workers, settings.dataplane.writers},
                                 settings.dataplane.lockstep);
  if (!channel) return std::unexpected(describe(channel.error()));
  channel_ = std::make_unique<Channel>(std::move(*channel));
  channel_->header().epoch.store(epoch_);
  const std::uint64_t bytes = (std::uint64_t{settings.dataplane.block_memory_mib} << 20) * workers;
  const auto slots = static_cast<std::uint32_t>(bytes / settings.storage.block_bytes);
  auto blocks = BlockMemory::open(memory.blocks_fd, settings.storage.block_bytes, slots);
  if (!blocks) return std::unexpected(blocks.error());
  blocks_ = std::make_unique<BlockMemory>(std::move(*blocks));
  for (std::uint32_t i = 0; i < workers * settings.dataplane.writers; ++i) {
    full_rings_.push_back(std::make_unique<IndexRing>(slots));
    free_rings_.push_back(std::make_unique<IndexRing>(slots));
  }
  account_crash();
  hand_out_slots();
  return {};
}

// The counters outlive a crash, what was in private memory does not: held packets, and the burst
// under way. What lies whole in block memory stays pending until control says whose it is.
void Gateway::account_crash() {
  std::uint64_t in_memory = 0;
  for (const std::uint32_t slot : blocks_->orphans()) {
    in_memory += blocks_->control(slot).progress.load(std::memory_order_acquire) >> 32;
  }
  const auto pages = channel_->counters();
  for (CounterPage& page : pages) page.set(Counter::kHeld, 0);
  PacketTotals totals = sum_packets(pages);
  pages[0].add(Counter::kAccepted, in_memory - totals.pending);
  const std::uint64_t lost = totals.received - totals.final_sum() - in_memory;
  if (static_cast<std::int64_t>(lost) > 0) {
    pages[0].add(Counter::kDroppedCrash, lost);
    spdlog::warn("{} packets were lost with the process that ran before", lost);
  }
  if (!blocks_->orphans().empty()) {
    spdlog::info("{} blocks with {} packets were left in memory and will be stored",
                 blocks_->orphans().size(), in_memory);
  }
}

void Gateway::hand_out_slots() {
  const std::uint32_t workers = channel_->geometry().workers;
  const std::uint32_t writers = channel_->geometry().writers;
  for (std::uint32_t slot = 0; slot < blocks_->slots(); ++slot) {
    const auto state = blocks_->control(slot).state.load(std::memory_order_acquire);
    if (state == static_cast<std::uint32_t>(SlotState::kFree)) {
      free_rings_[(slot % workers) * writers]->push(slot);
    }
  }
}

std::expected<void, std::string> Gateway::open_writers(const storage::Settings& settings,
                                                       int wakeup_fd) {
  const ChannelGeometry geometry = channel_->geometry();
  for (std::uint16_t index = 0; index < geometry.writers; ++index) {
    storage::AppenderConfig appender_config;
    appender_config.directory = settings.storage.directory;
    appender_config.store = store_.id;
    appender_config.epoch = epoch_;
    appender_config.writer = index;
    appender_config.segment_bytes = std::uint64_t{settings.storage.segment_mib} << 20;
    appender_config.durability = settings.storage.durability;
    auto appender = storage::SegmentAppender::open(appender_config);
    if (!appender) return std::unexpected(appender.error().message);
    auto sealer = storage::make_sealer();
    if (index == 0) {
      spdlog::info("blocks are sealed by {}, written {}", sealer->name(),
                   appender->direct() ? "past the page cache" : "through the page cache");
    }
    WriterConfig config;
    config.index = index;
    config.workers = static_cast<std::uint16_t>(geometry.workers);
    config.writers = static_cast<std::uint16_t>(geometry.writers);
    config.epoch = epoch_;
    config.serial_first = first_serial(epoch_, geometry.workers + index);
    config.sync_interval_ns =
        std::min<std::int64_t>(settings.storage.flush_interval_ms * kNsPerMs / 2, kNsPerSecond);
    config.store = settings.storage.directory;
    WriterRings rings;
    for (std::uint32_t worker = 0; worker < geometry.workers; ++worker) {
      rings.from_workers.push_back(full_rings_[worker * geometry.writers + index].get());
      rings.free_slots.push_back(free_rings_[worker * geometry.writers + index].get());
    }
    writers_.push_back(std::make_unique<Writer>(config, *channel_, wakeup_fd, *blocks_,
                                                std::move(rings), std::move(*appender),
                                                std::move(sealer)));
  }
  return {};
}

void Gateway::open_workers(const storage::Settings& settings, int wakeup_fd) {
  const ChannelGeometry geometry = channel_->geometry();
  for (std::uint16_t index = 0; index < geometry.workers; ++index) {
    WorkerConfig config;
    config.index = index;
    config.serial_first = first_serial(epoch_, index);
    config.decision_wait_ns = settings.dataplane.decision_wait_ms * kNsPerMs;
    config.idle_timeout_us = std::uint64_t{settings.dataplane.idle_timeout_seconds} * 1'000'000;
    // Half of the interval is the writer's, for the sync.
    config.flush_interval_us = std::uint64_t{settings.storage.flush_interval_ms} * 500;
    config.idle_sleep_us = settings.dataplane.idle_sleep_us;
    config.streams_max = settings.dataplane.streams_max;
    config.waiting_room_bytes = std::uint64_t{settings.dataplane.pending_memory_mib} << 20;
    config.sip_ports = settings.dataplane.sip_ports;
    config.lockstep = settings.dataplane.lockstep;
    WorkerRings rings;
    for (std::uint32_t writer = 0; writer < geometry.writers; ++writer) {
      rings.to_writers.push_back(full_rings_[index * geometry.writers + writer].get());
      rings.free_slots.push_back(free_rings_[index * geometry.writers + writer].get());
    }
    workers_.push_back(
        std::make_unique<Worker>(config, *channel_, wakeup_fd, *blocks_, std::move(rings)));
  }
}

void Gateway::start() {
  for (std::size_t i = 0; i < writers_.size(); ++i) {
    writer_threads_.emplace_back([this, i] { writers_[i]->run(stop_writers_); });
    place_thread(writer_threads_.back(), writer_cores_, i, "writer");
  }
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    worker_threads_.emplace_back([this, i] {
      if (uses_dpdk_) register_dpdk_thread();
      workers_[i]->run(*queues_[i], stop_workers_);
      if (!queues_[i]->error().empty()) spdlog::error("{}", queues_[i]->error());
    });
    place_thread(worker_threads_.back(), worker_cores_, i, "worker");
  }
}

void Gateway::stop() {
  stop_workers_.store(true);
  for (std::thread& thread : worker_threads_) thread.join();
  worker_threads_.clear();
  stop_writers_.store(true);
  for (std::thread& thread : writer_threads_) thread.join();
  writer_threads_.clear();
}

Gateway::~Gateway() {
  stop();
  if (uses_dpdk_) close_dpdk();
}

}  // namespace opptak::dataplane
