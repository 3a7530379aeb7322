#include "control/readback/stream_digest.h"

#include <algorithm>

#include <openssl/evp.h>

#include "storage/base/check.h"

namespace opptak::control::readback {
namespace {

struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

UnixNs from_us(std::uint64_t us) noexcept { return {static_cast<std::int64_t>(us) * kNsPerUs}; }

}  // namespace

struct StreamDigest::Hashes {
  struct OfType {
    std::unique_ptr<EVP_MD_CTX, FreeDigest> context;
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
  };
  std::array<OfType, 128> of_type;
};

StreamDigest::StreamDigest() : hashes_(std::make_unique<Hashes>()) {}
StreamDigest::~StreamDigest() = default;
StreamDigest::StreamDigest(StreamDigest&&) noexcept = default;
StreamDigest& StreamDigest::operator=(StreamDigest&&) noexcept = default;

void StreamDigest::hash(std::uint8_t payload_type, std::span<const std::uint8_t> payload) {
  auto& digest = hashes_->of_type[payload_type & 0x7f];
  if (!digest.context) {
    digest.context.reset(EVP_MD_CTX_new());
    CHECK(digest.context && EVP_DigestInit_ex(digest.context.get(), EVP_sha256(), nullptr) == 1);
  }
  CHECK(EVP_DigestUpdate(digest.context.get(), payload.data(), payload.size()) == 1);
  ++digest.packets;
  digest.bytes += payload.size();
}

void StreamDigest::start_run(std::uint16_t sequence) {
  running_ = true;
  lowest_ = highest_ = sequence;
  hashed_end_ = highest_ - kLateMax;
  run_packets_ = 0;
}

void StreamDigest::finish_run() {
  if (!running_) return;
  for (const auto& [number, packet] : waiting_) hash(packet.payload_type, packet.payload);
  waiting_.clear();
  summary_.lost += static_cast<std::uint64_t>(highest_ - lowest_ + 1) - run_packets_;
  running_ = false;
}

void StreamDigest::add(const storage::RtpRecord& packet) {
  if (!summary_.first_arrival.known()) summary_.first_arrival = from_us(packet.arrival_us);
  summary_.last_arrival = std::max(summary_.last_arrival, from_us(packet.arrival_us));
  if (!running_) start_run(packet.sequence);
  const auto ahead =
      static_cast<std::int16_t>(packet.sequence - static_cast<std::uint16_t>(highest_));
  if (ahead <= -kLateMax) {
    finish_run();
    start_run(packet.sequence);
    take(highest_, packet);
    return;
  }
  take(highest_ + ahead, packet);
}

void StreamDigest::take(std::int64_t number, const storage::RtpRecord& packet) {
  if (number < hashed_end_ || waiting_.contains(number)) {
    ++summary_.copies;
    return;
  }
  if (number < highest_) ++summary_.reordered;
  lowest_ = std::min(lowest_, number);
  highest_ = std::max(highest_, number);
  ++run_packets_;
  ++summary_.packets;
  if (number == hashed_end_ && waiting_.empty() && hashed_end_ > lowest_) {
    hash(packet.payload_type(), packet.media());
    ++hashed_end_;
    return;
  }
  const auto media = packet.media();
  waiting_.emplace(number, Waiting{packet.payload_type(), {media.begin(), media.end()}});
  flush();
}

void StreamDigest::flush() {
  // Nothing can come any more that is kLateMax behind, or between two numbers that follow one
  // another; before the run's first packets something can.
  while (!waiting_.empty()) {
    const auto first = waiting_.begin();
    const bool follows = first->first == hashed_end_ && hashed_end_ > lowest_;
    if (first->first > highest_ - kLateMax && !follows) break;
    hash(first->second.payload_type, first->second.payload);
    hashed_end_ = first->first + 1;
    waiting_.erase(first);
  }
  hashed_end_ = std::max(hashed_end_, highest_ - kLateMax + 1);
}

StreamSummary StreamDigest::finish() {
  finish_run();
  for (std::size_t type = 0; type < hashes_->of_type.size(); ++type) {
    const auto& digest = hashes_->of_type[type];
    if (!digest.context) continue;
    PayloadDigest& payload = summary_.payloads.emplace_back();
    payload = {.payload_type = static_cast<std::uint8_t>(type),
               .packets = digest.packets,
               .bytes = digest.bytes};
    CHECK(EVP_DigestFinal_ex(digest.context.get(), payload.sha256.data(), nullptr) == 1);
  }
  return std::move(summary_);
}

}  // namespace opptak::control::readback
