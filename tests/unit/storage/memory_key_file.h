// A disk for key stores in memory that can be told to die at any operation, and that knows what a
// power cut would leave: what was synced for sure, and of the rest any part of each write.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <vector>

#include "storage/key/key_file.h"

namespace opptak::storage {

enum class Crash {
  kKill,   // The process dies: what was written stays.
  kPower,  // What was not synced is lost.
  kTorn,   // Of each write that was not synced any bytes may have landed.
};

class MemoryDisk {
 public:
  // The operation with this number (from 0, reads not counted) and all later ones fail; of a write
  // nothing lands, unless `partial` bytes of it do.
  void die_at(std::uint64_t operation, std::size_t partial_bytes = 0);
  void revive();
  [[nodiscard]] std::uint64_t operations() const noexcept { return operations_; }

  // What the next start finds.
  void crash(Crash kind, std::mt19937& random);

  // Room that allocate() and write() may use; for a full disk.
  void set_capacity(std::uint64_t bytes) noexcept { capacity_ = bytes; }

  [[nodiscard]] std::unique_ptr<KeyFile> open();
  [[nodiscard]] std::vector<std::uint8_t>& contents() noexcept { return cached_; }

 private:
  friend class MemoryKeyFile;
  struct Change {
    std::uint64_t offset_bytes;
    std::vector<std::uint8_t> bytes;
    bool truncation;
  };
  static void apply(std::vector<std::uint8_t>& to, const Change& change);
  bool dead();

  std::vector<std::uint8_t> durable_;
  std::vector<std::uint8_t> cached_;
  std::vector<Change> unsynced_;
  std::uint64_t operations_ = 0;
  std::uint64_t die_at_ = ~std::uint64_t{0};
  std::size_t partial_bytes_ = 0;
  std::uint64_t capacity_ = ~std::uint64_t{0};
};

}  // namespace opptak::storage
