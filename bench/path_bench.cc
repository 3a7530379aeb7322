// The packet path in process: prebuilt frames, streams visited in a shuffled order once per 20 ms
// of media time, one frame a stream as in a mempool, G.711 payloads of 160 bytes. Every payload is
// opened again and compared after its round, outside the time; a rate that failed that aborts.
//
//   lookup  parse + lookup + tag: all targets suppress
//   copy    the same with records written into blocks
//   path    the same with the blocks sealed (port to sealed block)
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <numeric>
#include <random>
#include <vector>

#include <benchmark/benchmark.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "dataplane/worker/worker.h"
#include "storage/block/sealer.h"

namespace opptak::dataplane {
namespace {

constexpr std::uint32_t kBlockBytes = 16384;
constexpr std::uint32_t kPayloadBytes = 160;
constexpr std::uint32_t kFrameBytes = 14 + 20 + 8 + 12 + kPayloadBytes;
constexpr std::uint32_t kFrameStride = 256;
constexpr std::uint32_t kRtpOffset = 42;
constexpr std::int64_t kStartNs = 1'700'000'000 * kNsPerSecond;

bool small_input() { return std::getenv("OPPTAK_BENCH_SMALL") != nullptr; }

std::uint64_t payload_word(std::uint64_t stream, std::uint64_t round, std::uint64_t word) {
  return (stream * 0x9e3779b97f4a7c15 ^ round * 0xc2b2ae3d27d4eb4f) + word;
}

class PathRig {
 public:
  PathRig(std::uint32_t streams, TargetMode mode, bool seal)
      : streams_(streams),
        seal_(seal),
        channel_fd_(create_shared_memory("bench-channel")),
        blocks_fd_(create_shared_memory("bench-blocks")),
        wakeup_fd_(eventfd(0, EFD_NONBLOCK)),
        slots_(mode == TargetMode::kRecord ? 2 * streams + 64 : 64),
        channel_(std::move(Channel::create(channel_fd_, {1, 1}, false).value())),
        blocks_(std::move(BlockMemory::open(blocks_fd_, kBlockBytes, slots_).value())),
        full_(slots_),
        free_(slots_),
        frames_(std::size_t{streams} * kFrameStride),
        order_(streams),
        sealed_(kBlockBytes) {
    for (std::uint32_t slot = 0; slot < slots_; ++slot) {
      std::memset(blocks_.plain(slot), 0, blocks_.plain_bytes());  // Fault the pages in.
      free_.push(slot);
    }
    WorkerConfig config;
    config.streams_max = streams + 64;
    config.flush_interval_us = ~std::uint64_t{0} >> 1;
    worker_ = std::make_unique<Worker>(config, channel_, wakeup_fd_, blocks_,
                                       WorkerRings{{&full_}, {&free_}});
    sealer_ = storage::make_sealer();
    std::array<std::uint8_t, storage::kKeyBytes> raw{};
    sealer_->prepare(key_, raw);
    std::iota(order_.begin(), order_.end(), 0u);
    std::shuffle(order_.begin(), order_.end(), std::mt19937(1));
    for (std::uint32_t stream = 0; stream < streams; ++stream) build(stream);
    put_targets(mode);
    (void)round();  // Streams are made and first blocks opened outside the time.
  }
  ~PathRig() {
    for (const int fd : {channel_fd_, blocks_fd_, wakeup_fd_}) close(fd);
  }

  // One packet of every stream; the seconds that the path took.
  double round() {
    refill();
    const auto begin = std::chrono::steady_clock::now();
    Frame burst[kBurstFrames];
    for (std::uint32_t at = 0; at < streams_; at += kBurstFrames) {
      const std::uint32_t count = std::min<std::uint32_t>(kBurstFrames, streams_ - at);
      for (std::uint32_t i = 0; i < count; ++i) {
        burst[i] = {frames_.data() + std::size_t{order_[at + i]} * kFrameStride, kFrameBytes,
                    LinkType::kEthernet, now_};
      }
      worker_->process({burst, count});
      if (seal_) seal_full();
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    check_rest();
    ++round_;
    now_ = now_ + 20 * kNsPerMs;
    return took.count();
  }

  // Every packet was stored and compared, or suppressed; else the figure is void.
  [[nodiscard]] bool all_accounted(TargetMode mode) {
    seal_ = false;
    worker_->flush_all();
    check_rest();
    const std::uint64_t packets = round_ * streams_;
    const std::uint64_t seen = mode == TargetMode::kRecord
                                   ? compared_
                                   : channel_.counters()[0].get(Counter::kSuppressedOff);
    return mismatches_ == 0 && seen == packets &&
           channel_.counters()[0].get(Counter::kReceived) == packets;
  }
  [[nodiscard]] std::uint64_t checksum() const { return checksum_ + compared_; }

 private:
  // Ethernet, IPv4, UDP and RTP headers of one stream, written where its frames lie.
  void build(std::uint32_t stream) {
    std::uint8_t* frame = frames_.data() + std::size_t{stream} * kFrameStride;
    const auto high = static_cast<std::uint8_t>(stream >> 15);
    const auto port = static_cast<std::uint16_t>(stream & 0x7fff);
    store_be<std::uint16_t>(frame + 12, 0x0800);
    frame[14] = 0x45;
    store_be<std::uint16_t>(frame + 16, kFrameBytes - 14);
    frame[22] = 64;
    frame[23] = 17;
    const std::array<std::uint8_t, 8> addresses{10, 0, high, 1, 11, 0, high, 1};
    std::memcpy(frame + 26, addresses.data(), addresses.size());
    store_be<std::uint16_t>(frame + 34, port);
    store_be<std::uint16_t>(frame + 36, port);
    store_be<std::uint16_t>(frame + 38, kFrameBytes - 34);
    frame[kRtpOffset] = 0x80;
    frame[kRtpOffset + 1] = 8;
    store_be<std::uint32_t>(frame + kRtpOffset + 8, stream);
  }

  void put_targets(TargetMode mode) {
    RecordProducer commands(channel_.commands(0));
    for (std::uint32_t stream = 0; stream < streams_; ++stream) {
      const std::uint8_t* frame = frames_.data() + std::size_t{stream} * kFrameStride;
      TargetPut put{};
      put.target = stream + 1;
      put.endpoint = {map_ipv4(frame + 30), load_be<std::uint16_t>(frame + 36)};
      put.mode = mode;
      put.reason = SuppressReason::kOff;
      put.kind = TargetKind::kRtp;
      std::memcpy(put.recording.bytes.data(), &put.target, sizeof put.target);
      put.call.bytes = put.recording.bytes;
      while (!commands.push(put, 0)) worker_->handle_commands();
    }
    worker_->handle_commands();
  }

  // The next packet of each stream, where its last one lay.
  void refill() {
    for (std::uint32_t stream = 0; stream < streams_; ++stream) {
      std::uint8_t* rtp = frames_.data() + std::size_t{stream} * kFrameStride + kRtpOffset;
      store_be<std::uint16_t>(rtp + 2, static_cast<std::uint16_t>(round_));
      store_be<std::uint32_t>(rtp + 4, static_cast<std::uint32_t>(round_ * 160));
      for (std::uint32_t word = 0; word < kPayloadBytes / 8; ++word) {
        store_le<std::uint64_t>(rtp + 12 + word * 8, payload_word(stream, round_, word));
      }
    }
    // Events of the control ring are taken so that it never fills.
    RecordConsumer events(channel_.events(0));
    events.discard();
  }

  void seal_full() {
    std::uint32_t slot;
    while (full_.pop(slot)) {
      const storage::BlockHead& head = blocks_.head(slot);
      auto& header = *reinterpret_cast<storage::BlockHeader*>(sealed_.data());
      header = {storage::kBlockMagic,
                storage::kBlockVersion,
                storage::BlockKind::kPackets,
                0,
                kBlockBytes,
                {},
                1,
                nonce_++,
                {},
                {}};
      sealer_->seal(key_, header, {blocks_.plain(slot), head.used_bytes},
                    sealed_.data() + storage::kBlockHeaderBytes);
      checksum_ += header.gcm_tag[0];
      to_compare_.push_back(slot);
    }
  }

  // Outside the time: open what was sealed last, read every record, give the slots back.
  void check_rest() {
    std::uint32_t slot;
    while (full_.pop(slot)) to_compare_.push_back(slot);
    for (const std::uint32_t done : to_compare_) {
      compare(done);
      blocks_.free(done);
      free_.push(done);
    }
    to_compare_.clear();
  }

  void compare(std::uint32_t slot) {
    const storage::BlockHead& head = blocks_.head(slot);
    storage::RecordDecoder decoder({blocks_.plain(slot) + storage::kBlockHeadBytes,
                                    head.used_bytes - storage::kBlockHeadBytes});
    storage::RtpRecord record;
    while (decoder.next(record) == storage::RecordResult::kRecord) {
      const std::uint64_t round = record.timestamp / 160;
      bool same = record.payload.size() == kPayloadBytes;
      for (std::uint32_t word = 0; same && word < kPayloadBytes / 8; ++word) {
        same = load_le<std::uint64_t>(&record.payload[word * 8]) ==
               payload_word(head.ssrc, round, word);
      }
      ++compared_;
      mismatches_ += same ? 0 : 1;
    }
  }

  std::uint32_t streams_;
  bool seal_;
  int channel_fd_;
  int blocks_fd_;
  int wakeup_fd_;
  std::uint32_t slots_;
  Channel channel_;
  BlockMemory blocks_;
  IndexRing full_;
  IndexRing free_;
  std::unique_ptr<Worker> worker_;
  std::unique_ptr<storage::Sealer> sealer_;
  storage::SealKey key_;
  std::vector<std::uint8_t> frames_;
  std::vector<std::uint32_t> order_;
  std::vector<std::uint8_t> sealed_;
  std::vector<std::uint32_t> to_compare_;
  std::uint64_t round_ = 0;
  std::uint64_t nonce_ = 0;
  std::uint64_t compared_ = 0;
  std::uint64_t mismatches_ = 0;
  std::uint64_t checksum_ = 0;
  UnixNs now_{kStartNs};
};

// Sequential copy of the same payload bytes: the reference for the copy.
double memcpy_ns_per_packet(std::uint32_t streams) {
  std::vector<std::uint8_t> from(std::size_t{streams} * kPayloadBytes, 1);
  std::vector<std::uint8_t> to(from.size());
  double best = 1e9;
  for (int i = 0; i < 5; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    std::memcpy(to.data(), from.data(), from.size());
    benchmark::DoNotOptimize(to.data());
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    best = std::min(best, took.count());
  }
  return best * 1e9 / streams;
}

void run_path(benchmark::State& state, TargetMode mode, bool seal) {
  const auto streams = static_cast<std::uint32_t>(small_input() ? 1000 : state.range(0));
  PathRig rig(streams, mode, seal);
  double seconds = 0;
  for (auto _ : state) {
    const double took = rig.round();
    state.SetIterationTime(took);
    seconds += took;
  }
  if (!rig.all_accounted(mode)) {
    state.SkipWithError("a payload differs or a packet is missing: the figure is void");
    return;
  }
  const double ns = seconds * 1e9 / (static_cast<double>(state.iterations()) * streams);
  state.counters["ns_per_packet"] = ns;
  state.counters["ratio_to_memcpy"] = ns / memcpy_ns_per_packet(streams);
  state.counters["checksum"] = static_cast<double>(rig.checksum() % 1'000'000);
}

void lookup(benchmark::State& state) { run_path(state, TargetMode::kSuppress, false); }
void copy(benchmark::State& state) { run_path(state, TargetMode::kRecord, false); }
void path(benchmark::State& state) { run_path(state, TargetMode::kRecord, true); }

BENCHMARK(lookup)->Arg(10'000)->Arg(100'000)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(copy)->Arg(10'000)->Arg(100'000)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK(path)->Arg(10'000)->Arg(100'000)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace opptak::dataplane

BENCHMARK_MAIN();
