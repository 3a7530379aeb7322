// The file below the key store, as an interface, so that tests can fail, tear or lose any write.
// One owning thread, except read(), which any thread may call.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "storage/base/failure.h"

namespace opptak::storage {

enum class KeyFileError : std::uint8_t {
  kMissing,  // Not there, and not to be made.
  kLocked,   // Another process writes to it.
  kFull,     // No space left.
  kSystem,   // Any other errno; the message names it.
};
using KeyFileFailure = Failure<KeyFileError>;

class KeyFile {
 public:
  virtual ~KeyFile() = default;
  [[nodiscard]] virtual std::expected<std::uint64_t, KeyFileFailure> size() = 0;
  // All of `to`, or a failure: reading past the end is one.
  [[nodiscard]] virtual std::expected<void, KeyFileFailure> read(std::span<std::uint8_t> to,
                                                                 std::uint64_t offset_bytes) = 0;
  [[nodiscard]] virtual std::expected<void, KeyFileFailure> write(
      std::span<const std::uint8_t> from, std::uint64_t offset_bytes) = 0;
  [[nodiscard]] virtual std::expected<void, KeyFileFailure> sync() = 0;
  [[nodiscard]] virtual std::expected<void, KeyFileFailure> truncate(std::uint64_t bytes) = 0;
  // Makes sure that writes below `end_bytes` will find space, without changing the size.
  [[nodiscard]] virtual std::expected<void, KeyFileFailure> allocate(std::uint64_t end_bytes) = 0;
  [[nodiscard]] virtual std::string describe() const = 0;
};

// Opens a real file, locked against other writers unless `read_only`; makes it (0600) where it is
// missing, and its directory entry durable if `durable`.
[[nodiscard]] std::expected<std::unique_ptr<KeyFile>, KeyFileFailure> open_key_file(
    const std::filesystem::path& path, bool read_only, bool durable);

}  // namespace opptak::storage
