// Small helpers around file descriptors: ownership, whole reads and writes, and files that appear
// or change in one durable step. Functions return 0 or an errno.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>

#include <sys/types.h>

namespace opptak {

class UniqueFd {
 public:
  UniqueFd() noexcept = default;
  explicit UniqueFd(int descriptor) noexcept : descriptor_(descriptor) {}
  ~UniqueFd() { reset(); }
  UniqueFd(UniqueFd&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) {
      reset();
      descriptor_ = std::exchange(other.descriptor_, -1);
    }
    return *this;
  }

  [[nodiscard]] int get() const noexcept { return descriptor_; }
  [[nodiscard]] bool valid() const noexcept { return descriptor_ >= 0; }
  void reset() noexcept;

 private:
  int descriptor_ = -1;
};

[[nodiscard]] std::string errno_text(int error);

// All of the span, or an errno; EIO where the file ends before.
[[nodiscard]] int read_all(int descriptor, std::span<std::uint8_t> to,
                           std::uint64_t offset_bytes) noexcept;
[[nodiscard]] int write_all(int descriptor, std::span<const std::uint8_t> from,
                            std::uint64_t offset_bytes) noexcept;

// Reads a whole file of at most `bytes_max`; EFBIG where it is longer.
[[nodiscard]] int read_small_file(const std::filesystem::path& path, std::size_t bytes_max,
                                  std::string& to);

[[nodiscard]] int sync_directory(const std::filesystem::path& directory) noexcept;

// The file has either its old or its new contents, whatever happens; durable on return.
[[nodiscard]] int replace_file(const std::filesystem::path& path,
                               std::span<const std::uint8_t> contents, mode_t mode);
// The file appears whole or not at all; durable on return. EEXIST where there is one already.
[[nodiscard]] int create_file(const std::filesystem::path& path,
                              std::span<const std::uint8_t> contents, mode_t mode);

[[nodiscard]] inline std::span<const std::uint8_t> as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace opptak
