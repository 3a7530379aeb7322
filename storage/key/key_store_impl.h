// Inside storage/key: the key store's state. key_store_open.cc reads the file, key_store.cc changes
// it.
#pragma once

#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "storage/key/key_layout.h"
#include "storage/key/key_store.h"

namespace opptak::storage {

class KeyStore::Impl {
 public:
  Impl(std::unique_ptr<KeyFile> file, Vault& vault, KeyStoreOptions options) noexcept
      : file_(std::move(file)), vault_(vault), options_(options) {}

  // key_store_open.cc
  std::expected<void, KeyFailure> load();

  // key_store.cc
  std::expected<RecordingKey, KeyFailure> create(const RecordingId& recording,
                                                 const KeyBucket& bucket);
  std::expected<void, KeyFailure> destroy(const RecordingId& recording);
  std::expected<void, KeyFailure> commit();
  std::expected<RecordingKey, KeyFailure> find(const RecordingId& recording) const;
  std::size_t live_keys() const;
  std::size_t erased_keys() const;

 private:
  struct Slot {
    std::uint64_t offset_bytes = 0;
    bool erased = false;
  };
  struct Frame {
    std::uint64_t offset_bytes = 0;
    FrameHeader header;
    std::vector<KeyEntry> entries;
  };
  class Window;

  std::expected<void, KeyFailure> make_file();
  std::expected<void, KeyFailure> check_root();
  std::expected<void, KeyFailure> read_frames(std::uint64_t size_bytes);
  std::expected<bool, KeyFailure> read_frame(Window& window, std::uint64_t offset_bytes,
                                             std::uint64_t sequence, Frame& frame) const;
  std::expected<bool, KeyFailure> valid_frame_behind(Window& window, std::uint64_t offset_bytes,
                                                     std::uint64_t sequence) const;
  std::expected<void, KeyFailure> apply(const Frame& frame);
  std::expected<void, KeyFailure> redo_erasures(std::uint64_t size_bytes);

  std::expected<WrappedKey, KeyFailure> read_slot(std::uint64_t offset_bytes) const;
  std::expected<void, KeyFailure> make_room(std::uint64_t frame_bytes, bool creates);
  std::expected<void, KeyFailure> append(const std::vector<std::uint8_t>& frame);
  std::expected<void, KeyFailure> zero_slots(std::vector<std::uint64_t> offsets);
  std::expected<void, KeyFailure> sync();
  std::expected<void, KeyFailure> usable() const;
  void clear_staged();

  std::unique_ptr<KeyFile> file_;
  Vault& vault_;
  KeyStoreOptions options_;
  KeyStoreId id_{};
  std::uint64_t end_bytes_ = 0;  // Where the next frame goes.
  std::uint64_t allocated_bytes_ = 0;
  std::uint64_t sequence_ = 0;  // Of the last frame.
  std::string failed_;          // Why nothing more is written; empty while it is.

  std::vector<KeyEntry> staged_creates_;
  std::vector<WrappedKey> staged_keys_;
  std::vector<KeyEntry> staged_erases_;
  std::unordered_set<RecordingId> staged_ids_;  // Of staged_creates_.

  mutable std::shared_mutex mutex_;  // Guards what follows: owner writes, any thread reads.
  std::unordered_map<RecordingId, Slot> slots_;
  std::size_t erased_ = 0;
};

[[nodiscard]] KeyFailure key_failure(const KeyFileFailure& failure);
[[nodiscard]] bool is_wiped(const WrappedKey& slot) noexcept;

}  // namespace opptak::storage
