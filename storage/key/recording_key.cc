#include "storage/key/recording_key.h"

#include <cstring>

#include <sodium.h>

namespace opptak::storage {

void wipe(std::span<std::uint8_t> memory) noexcept { sodium_memzero(memory.data(), memory.size()); }

RecordingKey::RecordingKey(std::span<const std::uint8_t, kKeyBytes> bytes) noexcept {
  std::memcpy(bytes_.data(), bytes.data(), bytes.size());
}

RecordingKey::~RecordingKey() { wipe(bytes_); }

RecordingKey::RecordingKey(RecordingKey&& other) noexcept : bytes_(other.bytes_) {
  wipe(other.bytes_);
}

RecordingKey& RecordingKey::operator=(RecordingKey&& other) noexcept {
  if (this != &other) {
    bytes_ = other.bytes_;
    wipe(other.bytes_);
  }
  return *this;
}

RecordingKey RecordingKey::random() noexcept {
  std::array<std::uint8_t, kKeyBytes> bytes;
  randombytes_buf(bytes.data(), bytes.size());
  RecordingKey key(bytes);
  wipe(bytes);
  return key;
}

RecordingKey RecordingKey::clone() const noexcept { return RecordingKey(bytes_); }

}  // namespace opptak::storage
