// Byte layout of the key store: docs/formats/keystore.md is the contract. Pure; every decoder takes
// hostile bytes.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "storage/base/ids.h"
#include "storage/key/key_store.h"
#include "storage/key/vault.h"

namespace opptak::storage {

inline constexpr std::uint32_t kKeyStoreVersion = 1;
inline constexpr std::size_t kKeyHeaderBytes = 4096;
inline constexpr std::size_t kFrameHeaderBytes = 64;
inline constexpr std::size_t kKeyEntryBytes = 128;
inline constexpr std::size_t kKeySlotBytes = 64;
// More than any commit stages; keeps a damaged header from asking for gigabytes.
inline constexpr std::uint32_t kFrameEntriesMax = 1U << 22;

using KeyStoreId = std::array<std::uint8_t, 16>;

struct KeyFileHeader {
  KeyStoreId id{};
  WrappedKey root_check{};
};

enum class KeyLayoutError : std::uint8_t {
  kTruncated,     // Fewer bytes than the structure has.
  kNotOurs,       // Magic does not match.
  kOtherVersion,  // Of another version of Opptak.
  kDamaged,       // Checksum or a field is wrong.
};

void encode_key_file_header(const KeyFileHeader& header,
                            std::span<std::uint8_t, kKeyHeaderBytes> to) noexcept;
[[nodiscard]] std::expected<KeyFileHeader, KeyLayoutError> decode_key_file_header(
    std::span<const std::uint8_t> from) noexcept;

// True for what a crash can leave of a header that was being written: its bytes, or zeros.
[[nodiscard]] bool may_become_key_file(std::span<const std::uint8_t> from) noexcept;

struct KeyEntry {
  enum class Kind : std::uint8_t { kCreate = 1, kErase = 2 };
  Kind kind = Kind::kCreate;
  RecordingId recording;
  KeyBucket bucket;  // For kCreate.
};

struct FrameHeader {
  std::uint64_t sequence = 0;
  std::uint32_t entries = 0;
  std::uint32_t slots = 0;

  [[nodiscard]] std::uint64_t checked_bytes() const noexcept {  // Without the slots.
    return kFrameHeaderBytes + std::uint64_t{entries} * kKeyEntryBytes;
  }
  [[nodiscard]] std::uint64_t frame_bytes() const noexcept {
    return checked_bytes() + std::uint64_t{slots} * kKeySlotBytes;
  }
};

// Frame header and entries with their check, followed by the slots.
[[nodiscard]] std::vector<std::uint8_t> encode_frame(const KeyStoreId& id, std::uint64_t sequence,
                                                     std::span<const KeyEntry> entries,
                                                     std::span<const WrappedKey> keys);
// Reads the counts only: how many bytes to read for decode_frame().
[[nodiscard]] std::expected<FrameHeader, KeyLayoutError> decode_frame_header(
    std::span<const std::uint8_t> from) noexcept;
// `from`: checked_bytes() of the frame.
[[nodiscard]] std::expected<std::vector<KeyEntry>, KeyLayoutError> decode_frame(
    const KeyStoreId& id, std::span<const std::uint8_t> from);

// One entry of kKeyEntryBytes.
[[nodiscard]] std::optional<KeyEntry> decode_key_entry(std::span<const std::uint8_t> from);

// What a key is wrapped for.
[[nodiscard]] std::vector<std::uint8_t> root_check_context(const KeyStoreId& id);
[[nodiscard]] std::vector<std::uint8_t> recording_key_context(const KeyStoreId& id,
                                                              const RecordingId& recording);

}  // namespace opptak::storage
