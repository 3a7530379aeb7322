// Finds a table entry by the hash of its key: open addressing in cache-line buckets of eight, at
// most half full. The index knows hashes and entry numbers; the caller compares keys.
// One owner thread; all memory is taken at construction.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <vector>

#include "storage/base/check.h"

namespace opptak::dataplane {

inline constexpr std::uint32_t kNoEntry = 0xffffffff;

class HashIndex {
 public:
  explicit HashIndex(std::uint32_t entries_max)
      : buckets_(std::bit_ceil(std::uint64_t{entries_max} * 2 / kSlots + 1)) {}

  void prefetch(std::uint64_t hash) const noexcept { __builtin_prefetch(&bucket_of(hash)); }

  // First entry whose tag fits and for which `same(entry)` is true, or kNoEntry.
  template <class Same>
  [[nodiscard]] std::uint32_t find(std::uint64_t hash, Same&& same) const noexcept {
    const std::uint32_t tag = tag_of(hash);
    for (std::uint64_t at = hash;; ++at) {
      const Bucket& bucket = bucket_of(at);
      bool full = true;
      for (std::size_t i = 0; i < kSlots; ++i) {
        if (bucket.tags[i] == tag && same(bucket.entries[i])) return bucket.entries[i];
        full &= bucket.tags[i] != kEmpty;
      }
      if (!full) return kNoEntry;
    }
  }

  // The key is not in the index; the caller keeps to entries_max.
  void insert(std::uint64_t hash, std::uint32_t entry) noexcept {
    for (std::uint64_t at = hash;; ++at) {
      Bucket& bucket = bucket_of(at);
      for (std::size_t i = 0; i < kSlots; ++i) {
        if (bucket.tags[i] == kEmpty || bucket.tags[i] == kDeleted) {
          bucket.tags[i] = tag_of(hash);
          bucket.entries[i] = entry;
          return;
        }
      }
    }
  }

  void erase(std::uint64_t hash, std::uint32_t entry) noexcept {
    const std::uint32_t tag = tag_of(hash);
    for (std::uint64_t at = hash;; ++at) {
      Bucket& bucket = bucket_of(at);
      bool full = true;
      std::size_t found = kSlots;
      for (std::size_t i = 0; i < kSlots; ++i) {
        full &= bucket.tags[i] != kEmpty;
        if (bucket.tags[i] == tag && bucket.entries[i] == entry) found = i;
      }
      if (found < kSlots) {
        // A full bucket may have sent others on: they must stay reachable.
        bucket.tags[found] = full ? kDeleted : kEmpty;
        return;
      }
      CHECK(full);
    }
  }

 private:
  static constexpr std::size_t kSlots = 8;
  static constexpr std::uint32_t kEmpty = 0;
  static constexpr std::uint32_t kDeleted = 1;

  struct alignas(64) Bucket {
    std::array<std::uint32_t, kSlots> tags{};
    std::array<std::uint32_t, kSlots> entries{};
  };

  [[nodiscard]] static std::uint32_t tag_of(std::uint64_t hash) noexcept {
    return static_cast<std::uint32_t>(hash >> 32) | 2;
  }
  [[nodiscard]] const Bucket& bucket_of(std::uint64_t at) const noexcept {
    return buckets_[at & (buckets_.size() - 1)];
  }
  [[nodiscard]] Bucket& bucket_of(std::uint64_t at) noexcept {
    return buckets_[at & (buckets_.size() - 1)];
  }

  std::vector<Bucket> buckets_;
};

}  // namespace opptak::dataplane
