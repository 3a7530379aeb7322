#include "tests/unit/storage/memory_key_file.h"

#include <algorithm>

namespace opptak::storage {

class MemoryKeyFile final : public KeyFile {
 public:
  explicit MemoryKeyFile(MemoryDisk& disk) noexcept : disk_(disk) {}

  std::expected<std::uint64_t, KeyFileFailure> size() override { return disk_.cached_.size(); }

  std::expected<void, KeyFileFailure> read(std::span<std::uint8_t> to,
                                           std::uint64_t offset_bytes) override {
    if (offset_bytes + to.size() > disk_.cached_.size()) return fail();
    std::copy_n(disk_.cached_.begin() + static_cast<std::ptrdiff_t>(offset_bytes), to.size(),
                to.begin());
    return {};
  }

  std::expected<void, KeyFileFailure> write(std::span<const std::uint8_t> from,
                                            std::uint64_t offset_bytes) override {
    const bool dies = disk_.dead();
    if (dies) from = from.first(std::min(from.size(), std::exchange(disk_.partial_bytes_, 0)));
    if (offset_bytes + from.size() > disk_.capacity_) {
      return std::unexpected(KeyFileFailure{KeyFileError::kFull, "full"});
    }
    record({offset_bytes, {from.begin(), from.end()}, false});
    if (dies) return fail();
    return {};
  }

  std::expected<void, KeyFileFailure> sync() override {
    if (disk_.dead()) return fail();
    disk_.durable_ = disk_.cached_;
    disk_.unsynced_.clear();
    return {};
  }

  std::expected<void, KeyFileFailure> truncate(std::uint64_t bytes) override {
    if (disk_.dead()) return fail();
    record({bytes, {}, true});
    return {};
  }

  std::expected<void, KeyFileFailure> allocate(std::uint64_t end_bytes) override {
    if (end_bytes > disk_.capacity_) {
      return std::unexpected(KeyFileFailure{KeyFileError::kFull, "full"});
    }
    return {};
  }

  std::string describe() const override { return "key store in memory"; }

 private:
  void record(MemoryDisk::Change change) {
    MemoryDisk::apply(disk_.cached_, change);
    disk_.unsynced_.push_back(std::move(change));
  }
  static std::unexpected<KeyFileFailure> fail() {
    return std::unexpected(KeyFileFailure{KeyFileError::kSystem, "the disk is gone"});
  }
  MemoryDisk& disk_;
};

void MemoryDisk::apply(std::vector<std::uint8_t>& to, const Change& change) {
  if (change.truncation) {
    to.resize(change.offset_bytes);
    return;
  }
  to.resize(std::max<std::size_t>(to.size(), change.offset_bytes + change.bytes.size()));
  std::copy(change.bytes.begin(), change.bytes.end(),
            to.begin() + static_cast<std::ptrdiff_t>(change.offset_bytes));
}

bool MemoryDisk::dead() { return operations_++ >= die_at_; }

void MemoryDisk::die_at(std::uint64_t operation, std::size_t partial_bytes) {
  operations_ = 0;
  die_at_ = operation;
  partial_bytes_ = partial_bytes;
}

void MemoryDisk::revive() {
  operations_ = 0;
  die_at_ = ~std::uint64_t{0};
  partial_bytes_ = 0;
}

void MemoryDisk::crash(Crash kind, std::mt19937& random) {
  if (kind != Crash::kKill) cached_ = durable_;
  if (kind == Crash::kTorn) {
    for (const Change& change : unsynced_) {
      if (random() % 4 == 0) continue;  // Not at all.
      if (change.truncation) {
        apply(cached_, change);
        continue;
      }
      // The file may have grown while its new bytes are still zeros; then stretches of it land.
      cached_.resize(std::max<std::size_t>(
          cached_.size(), change.offset_bytes + random() % (change.bytes.size() + 1)));
      std::size_t at = 0;
      while (at < change.bytes.size()) {
        const std::size_t bytes =
            std::min<std::size_t>(change.bytes.size() - at, 1 + random() % 128);
        if (random() % 2 == 0) {
          const auto first = change.bytes.begin() + static_cast<std::ptrdiff_t>(at);
          apply(cached_, {change.offset_bytes + at,
                          {first, first + static_cast<std::ptrdiff_t>(bytes)},
                          false});
        }
        at += bytes;
      }
    }
  }
  durable_ = cached_;
  unsynced_.clear();
  revive();
}

std::unique_ptr<KeyFile> MemoryDisk::open() { return std::make_unique<MemoryKeyFile>(*this); }

}  // namespace opptak::storage
