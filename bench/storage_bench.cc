// What sealing costs: 16 KiB blocks of many recordings in shuffled order, the key expanded once a
// recording or anew for each block, intel-ipsec-mb beside OpenSSL. ratio_to_one_key is the time
// over that of the same blocks under one key that stays in the cache, from the same run.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <numeric>
#include <random>
#include <vector>

#include <benchmark/benchmark.h>

#include "storage/block/sealer.h"
#include "storage/key/recording_key.h"

namespace opptak::storage {
namespace {

bool small_run() { return std::getenv("OPPTAK_BENCH_SMALL") != nullptr; }

// Blocks that do not fit into the cache together, so that plaintext comes from memory as it does
// in the writer.
class SealFixture {
 public:
  explicit SealFixture(std::unique_ptr<Sealer> sealer)
      : sealer_(std::move(sealer)),
        recordings_(small_run() ? 16 : 4096),
        keys_(recordings_),
        plaintext_(recordings_ * kBlockBytesDefault),
        out_(64 * kBlockBytesDefault),
        order_(recordings_) {
    std::mt19937_64 random(1);
    for (auto& byte : plaintext_) byte = static_cast<std::uint8_t>(random());
    raw_.reserve(recordings_);
    for (std::size_t i = 0; i < recordings_; ++i) {
      raw_.push_back(RecordingKey::random());
      sealer_->prepare(keys_[i], raw_[i].bytes());
    }
    std::iota(order_.begin(), order_.end(), 0U);
    std::shuffle(order_.begin(), order_.end(), random);
  }

  // Under the key of the block's recording, or under one for all.
  void seal(std::uint64_t number, bool own_key, bool fresh_key, std::size_t used_bytes) {
    const std::uint32_t recording = order_[number % recordings_];
    const std::uint32_t key = own_key ? recording : 0;
    if (fresh_key) sealer_->prepare(keys_[key], raw_[key].bytes());
    std::uint8_t* block = out_.data() + number % 64 * kBlockBytesDefault;
    BlockHeader header{};
    header.magic = kBlockMagic;
    header.version = kBlockVersion;
    header.kind = BlockKind::kPackets;
    header.block_bytes = kBlockBytesDefault;
    header.nonce_epoch = 1;
    header.nonce_counter = number;
    sealer_->seal(keys_[key], header,
                  std::span(plaintext_).subspan(recording * kBlockBytesDefault, used_bytes),
                  block + kBlockHeaderBytes);
    std::memcpy(block, &header, sizeof header);
    checksum_ += header.gcm_tag[0];
  }

  [[nodiscard]] std::uint64_t checksum() const { return checksum_; }

 private:
  std::unique_ptr<Sealer> sealer_;
  std::size_t recordings_;
  std::vector<RecordingKey> raw_;
  std::vector<SealKey> keys_;
  std::vector<std::uint8_t> plaintext_;
  std::vector<std::uint8_t> out_;
  std::vector<std::uint32_t> order_;
  std::uint64_t checksum_ = 0;
};

using Clock = std::chrono::steady_clock;

void run_seal(benchmark::State& state, std::unique_ptr<Sealer> sealer, bool fresh_key,
              std::size_t used_bytes) {
  SealFixture fixture(std::move(sealer));
  std::uint64_t number = 0;
  const auto start = Clock::now();
  for (auto _ : state) fixture.seal(number++, true, fresh_key, used_bytes);
  const auto middle = Clock::now();
  for (std::uint64_t i = 0; i < number; ++i) fixture.seal(number + i, false, false, used_bytes);
  const std::chrono::duration<double> own = middle - start;
  const std::chrono::duration<double> one = Clock::now() - middle;
  state.counters["ratio_to_one_key"] = own / one;
  state.SetBytesProcessed(static_cast<std::int64_t>(number * kBlockBytesDefault));
  // A full block holds this many G.711 packets of 160 bytes.
  constexpr double kPacketsPerBlock =
      static_cast<double>(kBlockBytesDefault - kBlockHeaderBytes - kBlockHeadBytes) / 163;
  state.counters["ns_per_packet"] =
      own.count() * 1e9 / (static_cast<double>(number) * kPacketsPerBlock);
  state.counters["checksum"] = static_cast<double>(fixture.checksum());
}

constexpr std::size_t kFull = kBlockBytesDefault - kBlockHeaderBytes;

void seal_default(benchmark::State& state) { run_seal(state, make_sealer(), false, kFull); }
void seal_default_part_filled(benchmark::State& state) {
  run_seal(state, make_sealer(), false, kFull - 150);
}
void seal_default_new_key_each_block(benchmark::State& state) {
  run_seal(state, make_sealer(), true, kFull);
}
void seal_openssl(benchmark::State& state) { run_seal(state, make_openssl_sealer(), false, kFull); }

BENCHMARK(seal_default);
BENCHMARK(seal_default_part_filled);
BENCHMARK(seal_default_new_key_each_block);
BENCHMARK(seal_openssl);

}  // namespace
}  // namespace opptak::storage

BENCHMARK_MAIN();
