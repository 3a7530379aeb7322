#include "storage/key/key_layout.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>

#include <openssl/evp.h>

#include "storage/base/bytes.h"
#include "storage/base/check.h"

namespace opptak::storage {

namespace {

constexpr char kFileMagic[] = "OPKKEYS1";
constexpr char kFrameMagic[] = "OPKFRAM1";
constexpr std::size_t kMagicBytes = 8;
constexpr std::size_t kHeaderCheckOffset = 128;
constexpr std::size_t kFrameCheckOffset = 32;
constexpr std::size_t kClientOffset = 24;
constexpr std::size_t kEntryTailOffset = kClientOffset + kBucketClientBytesMax;

using Digest = std::array<std::uint8_t, 32>;

struct DigestDeleter {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

Digest digest_of(std::initializer_list<std::span<const std::uint8_t>> parts) {
  const std::unique_ptr<EVP_MD_CTX, DigestDeleter> context(EVP_MD_CTX_new());
  CHECK(context && EVP_DigestInit_ex2(context.get(), EVP_sha256(), nullptr) == 1);
  for (const auto part : parts) {
    CHECK(EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1);
  }
  Digest digest;
  CHECK(EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1);
  return digest;
}

Digest frame_digest(const KeyStoreId& id, std::span<const std::uint8_t> frame) {
  return digest_of({id, frame.first(kFrameCheckOffset), frame.subspan(kFrameHeaderBytes)});
}

bool all_zero(std::span<const std::uint8_t> bytes) noexcept {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

void encode_entry(const KeyEntry& entry, std::uint8_t* at) noexcept {
  at[0] = static_cast<std::uint8_t>(entry.kind);
  std::memcpy(at + 8, entry.recording.bytes.data(), entry.recording.bytes.size());
  if (entry.kind == KeyEntry::Kind::kErase) return;
  at[1] = static_cast<std::uint8_t>(entry.bucket.classification);
  at[2] = static_cast<std::uint8_t>(entry.bucket.client.size());
  store_le<std::uint32_t>(at + 4, entry.bucket.expiry_day);
  std::memcpy(at + kClientOffset, entry.bucket.client.data(), entry.bucket.client.size());
}

std::vector<std::uint8_t> context_of(std::string_view purpose,
                                     std::initializer_list<std::span<const std::uint8_t>> parts) {
  std::vector<std::uint8_t> context(purpose.begin(), purpose.end());
  for (const auto part : parts) context.insert(context.end(), part.begin(), part.end());
  return context;
}

}  // namespace

void encode_key_file_header(const KeyFileHeader& header,
                            std::span<std::uint8_t, kKeyHeaderBytes> to) noexcept {
  std::memset(to.data(), 0, to.size());
  std::memcpy(to.data(), kFileMagic, kMagicBytes);
  store_le<std::uint32_t>(to.data() + 8, kKeyStoreVersion);
  std::memcpy(to.data() + 16, header.id.data(), header.id.size());
  std::memcpy(to.data() + 32, header.root_check.data(), header.root_check.size());
  const Digest check = digest_of({to.first(kHeaderCheckOffset)});
  std::memcpy(to.data() + kHeaderCheckOffset, check.data(), check.size());
}

std::expected<KeyFileHeader, KeyLayoutError> decode_key_file_header(
    std::span<const std::uint8_t> from) noexcept {
  if (from.size() < kKeyHeaderBytes) return std::unexpected(KeyLayoutError::kTruncated);
  if (std::memcmp(from.data(), kFileMagic, kMagicBytes) != 0) {
    return std::unexpected(KeyLayoutError::kNotOurs);
  }
  if (load_le<std::uint32_t>(from.data() + 8) != kKeyStoreVersion) {
    return std::unexpected(KeyLayoutError::kOtherVersion);
  }
  const Digest check = digest_of({from.first(kHeaderCheckOffset)});
  if (std::memcmp(from.data() + kHeaderCheckOffset, check.data(), check.size()) != 0) {
    return std::unexpected(KeyLayoutError::kDamaged);
  }
  KeyFileHeader header;
  std::memcpy(header.id.data(), from.data() + 16, header.id.size());
  std::memcpy(header.root_check.data(), from.data() + 32, header.root_check.size());
  return header;
}

bool may_become_key_file(std::span<const std::uint8_t> from) noexcept {
  for (std::size_t i = 0; i < std::min(from.size(), kMagicBytes); ++i) {
    if (from[i] != 0 && from[i] != static_cast<std::uint8_t>(kFileMagic[i])) return false;
  }
  return true;
}

std::vector<std::uint8_t> encode_frame(const KeyStoreId& id, std::uint64_t sequence,
                                       std::span<const KeyEntry> entries,
                                       std::span<const WrappedKey> keys) {
  const FrameHeader header{sequence, static_cast<std::uint32_t>(entries.size()),
                           static_cast<std::uint32_t>(keys.size())};
  std::vector<std::uint8_t> frame(header.frame_bytes());
  std::memcpy(frame.data(), kFrameMagic, kMagicBytes);
  store_le<std::uint64_t>(frame.data() + 8, header.sequence);
  store_le<std::uint32_t>(frame.data() + 16, header.entries);
  store_le<std::uint32_t>(frame.data() + 20, header.slots);
  std::uint8_t* at = frame.data() + kFrameHeaderBytes;
  for (const KeyEntry& entry : entries) {
    encode_entry(entry, at);
    at += kKeyEntryBytes;
  }
  for (const WrappedKey& key : keys) {
    std::memcpy(at, key.data(), key.size());
    at += kKeySlotBytes;
  }
  const Digest check = frame_digest(id, std::span(frame).first(header.checked_bytes()));
  std::memcpy(frame.data() + kFrameCheckOffset, check.data(), check.size());
  return frame;
}

std::expected<FrameHeader, KeyLayoutError> decode_frame_header(
    std::span<const std::uint8_t> from) noexcept {
  if (from.size() < kFrameHeaderBytes) return std::unexpected(KeyLayoutError::kTruncated);
  if (std::memcmp(from.data(), kFrameMagic, kMagicBytes) != 0) {
    return std::unexpected(KeyLayoutError::kNotOurs);
  }
  const FrameHeader header{load_le<std::uint64_t>(from.data() + 8),
                           load_le<std::uint32_t>(from.data() + 16),
                           load_le<std::uint32_t>(from.data() + 20)};
  if (header.entries == 0 || header.entries > kFrameEntriesMax || header.slots > header.entries) {
    return std::unexpected(KeyLayoutError::kDamaged);
  }
  return header;
}

std::optional<KeyEntry> decode_key_entry(std::span<const std::uint8_t> from) {
  if (from.size() != kKeyEntryBytes || from[3] != 0 || !all_zero(from.subspan(kEntryTailOffset))) {
    return std::nullopt;
  }
  KeyEntry entry;
  std::memcpy(entry.recording.bytes.data(), from.data() + 8, 16);
  if (from[0] == static_cast<std::uint8_t>(KeyEntry::Kind::kErase)) {
    entry.kind = KeyEntry::Kind::kErase;
    if (!all_zero(from.subspan(1, 7)) || !all_zero(from.subspan(kClientOffset))) {
      return std::nullopt;
    }
    return entry;
  }
  const std::size_t client_bytes = from[2];
  const bool known_class = from[1] == static_cast<std::uint8_t>(BucketClass::kSale) ||
                           from[1] == static_cast<std::uint8_t>(BucketClass::kOther);
  if (from[0] != static_cast<std::uint8_t>(KeyEntry::Kind::kCreate) || !known_class ||
      client_bytes == 0 || client_bytes > kBucketClientBytesMax ||
      !all_zero(from.subspan(kClientOffset + client_bytes))) {
    return std::nullopt;
  }
  entry.bucket.classification = static_cast<BucketClass>(from[1]);
  entry.bucket.expiry_day = load_le<std::uint32_t>(from.data() + 4);
  entry.bucket.client.assign(reinterpret_cast<const char*>(from.data()) + kClientOffset,
                             client_bytes);
  return entry;
}

std::expected<std::vector<KeyEntry>, KeyLayoutError> decode_frame(
    const KeyStoreId& id, std::span<const std::uint8_t> from) {
  const auto header = decode_frame_header(from);
  if (!header) return std::unexpected(header.error());
  if (from.size() < header->checked_bytes()) return std::unexpected(KeyLayoutError::kTruncated);
  const auto checked = from.first(header->checked_bytes());
  const Digest check = frame_digest(id, checked);
  if (std::memcmp(from.data() + kFrameCheckOffset, check.data(), check.size()) != 0) {
    return std::unexpected(KeyLayoutError::kDamaged);
  }
  std::vector<KeyEntry> entries;
  entries.reserve(header->entries);
  std::uint32_t creates = 0;
  for (std::size_t at = kFrameHeaderBytes; at < checked.size(); at += kKeyEntryBytes) {
    auto entry = decode_key_entry(checked.subspan(at, kKeyEntryBytes));
    if (!entry) return std::unexpected(KeyLayoutError::kDamaged);
    creates += entry->kind == KeyEntry::Kind::kCreate ? 1 : 0;
    entries.push_back(std::move(*entry));
  }
  if (creates != header->slots) return std::unexpected(KeyLayoutError::kDamaged);
  return entries;
}

std::vector<std::uint8_t> root_check_context(const KeyStoreId& id) {
  return context_of("opptak-key-store", {id});
}

std::vector<std::uint8_t> recording_key_context(const KeyStoreId& id,
                                                const RecordingId& recording) {
  return context_of("opptak-recording-key", {id, recording.bytes});
}

}  // namespace opptak::storage
