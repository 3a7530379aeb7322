// The key of one recording in clear: 32 random bytes, wiped when they go. Movable, not copyable by
// accident; never logged.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "storage/block/sealer.h"

namespace opptak::storage {

class RecordingKey {
 public:
  explicit RecordingKey(std::span<const std::uint8_t, kKeyBytes> bytes) noexcept;
  ~RecordingKey();
  RecordingKey(RecordingKey&& other) noexcept;  // The source is wiped.
  RecordingKey& operator=(RecordingKey&& other) noexcept;

  [[nodiscard]] static RecordingKey random() noexcept;
  [[nodiscard]] RecordingKey clone() const noexcept;

  // Borrowed; whoever copies it wipes the copy.
  [[nodiscard]] std::span<const std::uint8_t, kKeyBytes> bytes() const noexcept { return bytes_; }

 private:
  std::array<std::uint8_t, kKeyBytes> bytes_;
};

// Overwrites memory in a way that the compiler keeps.
void wipe(std::span<std::uint8_t> memory) noexcept;

}  // namespace opptak::storage
