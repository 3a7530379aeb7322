// Checks what can be checked of a store without keys: each segment's header and footer, and that
// block follows block up to the end. Reads clear headers only; writes nothing. Blocks the caller.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>
#include <vector>

#include "storage/base/failure.h"
#include "storage/segment/store.h"

namespace opptak::storage {

struct StoreProblem {
  std::string segment;  // File name; empty: the store as a whole.
  std::uint64_t offset_bytes = 0;
  std::string what;
};

struct StoreReport {
  std::uint64_t segments = 0;
  std::uint64_t segments_sealed = 0;
  std::uint64_t blocks = 0;  // Packets.
  std::uint64_t extent_lists = 0;
  std::uint64_t block_bytes = 0;
  std::uint64_t free_bytes = 0;  // Between blocks: erased, or lost in a crash.
  std::uint32_t epoch = 0;
  std::vector<StoreProblem> problems;
};

[[nodiscard]] std::expected<StoreReport, StoreFailure> verify_store(
    const std::filesystem::path& directory);

}  // namespace opptak::storage
