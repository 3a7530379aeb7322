// A store directory: who it is, of which version, and how often it was started.
//
//   store.json   format version and store id; made once
//   epoch        start counter (docs/formats/segment.md)
//   segments/    blocks
//   keys/        the key store (storage/key)
//
// Creation and every step of the epoch survive a crash at any instruction.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>
#include <utility>

#include "storage/base/failure.h"
#include "storage/base/file.h"
#include "storage/base/time.h"

namespace opptak::storage {

inline constexpr std::uint32_t kStoreVersion = 1;
// Epochs share a serial and a segment id with counters: 24 bits.
inline constexpr std::uint32_t kEpochMax = (1U << 24) - 1;

enum class StoreError : std::uint8_t {
  kMissing,       // No store there (open_store), or its directory cannot be made.
  kOtherVersion,  // A store of another format version: not touched.
  kDamaged,       // store.json or epoch is not what we wrote, or one of them is gone.
  kBusy,          // Another process writes to it.
  kExhausted,     // The epoch has reached kEpochMax.
  kSystem,        // The file system refused; the message says what.
};
using StoreFailure = Failure<StoreError>;

struct StoreInfo {
  std::filesystem::path directory;
  std::array<std::uint8_t, 16> id{};
  std::uint32_t version = kStoreVersion;
};

// Opens the store, or makes it where the directory is empty or missing. Safe against two
// processes that do so at once.
[[nodiscard]] std::expected<StoreInfo, StoreFailure> open_or_create_store(
    const std::filesystem::path& directory, UnixNs now);

// Opens a store that exists; for tools. Writes nothing.
[[nodiscard]] std::expected<StoreInfo, StoreFailure> open_store(
    const std::filesystem::path& directory);

// Counts the epoch up, durably, and returns the new one (>= 1). It is also beyond the epoch of
// every segment file there, so that an old copy of the file `epoch` cannot bring a nonce back.
[[nodiscard]] std::expected<std::uint32_t, StoreFailure> advance_epoch(const StoreInfo& store);
[[nodiscard]] std::expected<std::uint32_t, StoreFailure> read_epoch(const StoreInfo& store);

// Held by the process that writes segments; released with it, also by its death.
class StoreLock {
 public:
  [[nodiscard]] static std::expected<StoreLock, StoreFailure> take(const StoreInfo& store);

 private:
  explicit StoreLock(UniqueFd file) noexcept : file_(std::move(file)) {}
  UniqueFd file_;
};

}  // namespace opptak::storage
