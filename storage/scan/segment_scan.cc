#include "storage/scan/segment_scan.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <unordered_map>

#include <fmt/format.h>

#include "storage/block/sealer.h"
#include "storage/scan/segment_walk.h"

namespace opptak::storage {

namespace {

class Scanner {
 public:
  Scanner(std::span<const ScanTarget> targets, ScanResult& result)
      : targets_(targets), result_(result), sealer_(make_sealer()) {
    result_.found.resize(targets.size());
    keys_.reserve(targets.size());
    for (std::size_t i = 0; i < targets.size(); ++i) {
      keys_.push_back(std::make_unique<SealKey>());
      sealer_->prepare(*keys_.back(), targets[i].key->bytes());
      by_tag_.emplace(targets[i].tag, i);
    }
  }

  // Errno on failure.
  int scan(SegmentWalk& walk, SegmentId id) {
    std::uint64_t at = kSectorBytes;
    for (;;) {
      const auto block = walk.next(at);
      if (!block) return block.error();
      if (!*block) return 0;
      ++result_.blocks_seen;
      at = (*block)->offset_bytes + kSectorBytes;
      const auto target = by_tag_.find(StoreTag{(*block)->header.store_tag});
      if (target == by_tag_.end()) continue;
      const auto bytes = walk.bytes((*block)->offset_bytes, (*block)->header.block_bytes);
      if (!bytes) return bytes.error();
      if (take(target->second, id, **block, *bytes)) {
        at = (*block)->offset_bytes + (*block)->header.block_bytes;
      } else {
        ++result_.blocks_damaged;
      }
    }
  }

 private:
  bool take(std::size_t target, SegmentId id, const WalkedBlock& block,
            std::span<const std::uint8_t> bytes) {
    const auto sealed = bytes.subspan(kBlockHeaderBytes);
    plaintext_.resize(sealed.size());
    if (!sealer_->open(*keys_[target], block.header, sealed, plaintext_.data())) return false;
    FoundBlock found;
    std::memcpy(&found.head, plaintext_.data(), sizeof found.head);
    if (found.head.recording != targets_[target].recording.bytes) return false;
    found.kind = block.header.kind;
    found.nonce_epoch = block.header.nonce_epoch;
    found.nonce_counter = block.header.nonce_counter;
    found.extent = {{id, block.offset_bytes, block.header.block_bytes},
                    found.head.packets,
                    found.head.serial,
                    found.head.first_arrival_us};
    result_.found[target].push_back(found);
    return true;
  }

  std::span<const ScanTarget> targets_;
  ScanResult& result_;
  std::unique_ptr<Sealer> sealer_;
  std::vector<std::unique_ptr<SealKey>> keys_;
  std::unordered_map<StoreTag, std::size_t> by_tag_;
  std::vector<std::uint8_t> plaintext_;
};

bool wanted(const SegmentFile& file, const ScanFilter& filter) noexcept {
  return file.id >= filter.first_segment &&
         (filter.epoch_max == 0 || epoch_of(file.id) <= filter.epoch_max);
}

bool sealed_earlier(const SegmentWalk& walk, const ScanFilter& filter) noexcept {
  return filter.not_sealed_before.known() && walk.footer() &&
         walk.footer()->sealed_at < filter.not_sealed_before;
}

void order_by_serial(std::vector<FoundBlock>& blocks) {
  std::sort(blocks.begin(), blocks.end(), [](const FoundBlock& a, const FoundBlock& b) {
    return a.extent.serial != b.extent.serial ? a.extent.serial < b.extent.serial
                                              : a.extent.location < b.extent.location;
  });
}

}  // namespace

std::expected<ScanResult, ScanFailure> scan_segments(const std::filesystem::path& store,
                                                     std::span<const ScanTarget> targets,
                                                     const ScanFilter& filter) {
  ScanResult result;
  const auto files = list_segments(store);
  if (!files) {
    return std::unexpected(
        ScanFailure{ScanError::kNoSegments,
                    fmt::format("cannot list {}: {}", segments_directory(store).string(),
                                errno_text(files.error()))});
  }
  Scanner scanner(targets, result);
  for (const SegmentFile& file : *files) {
    if (!wanted(file, filter)) {
      ++result.segments_skipped;
      continue;
    }
    const auto fail = [&](int error) {
      return std::unexpected(
          ScanFailure{ScanError::kSystem,
                      fmt::format("cannot read {}: {}", file.path.string(), errno_text(error))});
    };
    auto walk = SegmentWalk::open(file.path);
    if (!walk && walk.error() == ENOENT) continue;  // Expired meanwhile.
    if (!walk) return fail(walk.error());
    if (sealed_earlier(*walk, filter)) {
      ++result.segments_skipped;
      continue;
    }
    ++result.segments;
    const int error = scanner.scan(*walk, file.id);
    result.bytes_read += walk->bytes_read();
    if (error != 0) return fail(error);
  }
  for (auto& blocks : result.found) order_by_serial(blocks);
  return result;
}

}  // namespace opptak::storage
