// What control has told this worker about calls' media: targets, and the endpoints at which they
// are found. Each worker has tables of its own, fed by its command ring, so nothing here is shared
// (docs/decisions/0001-*.md). One owner thread; all memory is taken at construction.
#pragma once

#include <cstdint>
#include <vector>

#include "dataplane/api/messages.h"
#include "dataplane/stream/hash.h"
#include "dataplane/stream/hash_index.h"

namespace opptak::dataplane {

struct Target {
  TargetPut put{};                            // As control put it last.
  std::uint32_t endpoint = kNoEntry;          // EndpointTable entry at which it is found.
  std::uint32_t next_at_endpoint = kNoEntry;  // Older target at the same endpoint.
  std::uint64_t resync_generation = 0;
  std::uint32_t next_free = kNoEntry;
};

class TargetTable {
 public:
  explicit TargetTable(std::uint32_t targets_max) : index_(targets_max), targets_(targets_max) {
    for (std::uint32_t i = targets_max; i-- > 0;) give_back(i);
  }

  [[nodiscard]] std::uint32_t find(TargetId id) const noexcept {
    return index_.find(hash_of(id), [&](std::uint32_t i) { return targets_[i].put.target == id; });
  }
  // kNoEntry where the table is full.
  [[nodiscard]] std::uint32_t insert(const TargetPut& put) noexcept {
    if (first_free_ == kNoEntry) return kNoEntry;
    const std::uint32_t entry = first_free_;
    first_free_ = targets_[entry].next_free;
    targets_[entry] = {};
    targets_[entry].put = put;
    index_.insert(hash_of(put.target), entry);
    ++size_;
    return entry;
  }
  void erase(std::uint32_t entry) noexcept {
    index_.erase(hash_of(targets_[entry].put.target), entry);
    targets_[entry].put.target = 0;
    give_back(entry);
    --size_;
  }
  [[nodiscard]] Target& at(std::uint32_t entry) noexcept { return targets_[entry]; }
  [[nodiscard]] std::uint32_t size() const noexcept { return size_; }
  [[nodiscard]] std::uint32_t capacity() const noexcept {
    return static_cast<std::uint32_t>(targets_.size());
  }
  [[nodiscard]] bool live(std::uint32_t entry) const noexcept {
    return targets_[entry].put.target != 0;
  }

 private:
  [[nodiscard]] static std::uint64_t hash_of(TargetId id) noexcept {
    return hash_words<sizeof id>(&id);
  }
  void give_back(std::uint32_t entry) noexcept {
    targets_[entry].next_free = first_free_;
    first_free_ = entry;
  }

  HashIndex index_;
  std::vector<Target> targets_;
  std::uint32_t first_free_ = kNoEntry;
  std::uint32_t size_ = 0;
};

// An address and port that a target or a stream names. Streams hang on it by destination and by
// source, so that a new target finds the streams that waited for it.
struct MediaPoint {
  Endpoint endpoint;
  std::uint32_t target = kNoEntry;  // Newest target here.
  std::uint32_t first_as_dst = kNoEntry;
  std::uint32_t first_as_src = kNoEntry;
  std::uint32_t uses = 0;  // Targets and streams that name it.
  std::uint32_t next_free = kNoEntry;
};

class MediaPointTable {
 public:
  explicit MediaPointTable(std::uint32_t points_max) : index_(points_max), points_(points_max) {
    for (std::uint32_t i = points_max; i-- > 0;) give_back(i);
  }

  [[nodiscard]] std::uint32_t find(const Endpoint& endpoint) const noexcept {
    return index_.find(hash_of(endpoint),
                       [&](std::uint32_t i) { return points_[i].endpoint == endpoint; });
  }
  // Finds or makes the point and counts one more use of it; kNoEntry where the table is full.
  [[nodiscard]] std::uint32_t acquire(const Endpoint& endpoint) noexcept {
    std::uint32_t entry = find(endpoint);
    if (entry == kNoEntry) {
      if (first_free_ == kNoEntry) return kNoEntry;
      entry = first_free_;
      first_free_ = points_[entry].next_free;
      points_[entry] = {};
      points_[entry].endpoint = endpoint;
      index_.insert(hash_of(endpoint), entry);
    }
    ++points_[entry].uses;
    return entry;
  }
  void release(std::uint32_t entry) noexcept {
    if (--points_[entry].uses > 0) return;
    index_.erase(hash_of(points_[entry].endpoint), entry);
    give_back(entry);
  }
  [[nodiscard]] MediaPoint& at(std::uint32_t entry) noexcept { return points_[entry]; }

 private:
  [[nodiscard]] static std::uint64_t hash_of(const Endpoint& endpoint) noexcept {
    std::uint8_t words[24]{};
    std::memcpy(words, endpoint.address.data(), 16);
    std::memcpy(words + 16, &endpoint.port, 2);
    return hash_words<sizeof words>(words);
  }
  void give_back(std::uint32_t entry) noexcept {
    points_[entry].next_free = first_free_;
    first_free_ = entry;
  }

  HashIndex index_;
  std::vector<MediaPoint> points_;
  std::uint32_t first_free_ = kNoEntry;
};

}  // namespace opptak::dataplane
