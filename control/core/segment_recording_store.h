// RecordingStore over storage/key, storage/read, storage/segment and storage/receipt. Everything
// referred to outlives it. Thread: the core's.
#pragma once

#include <filesystem>

#include "control/core/recording_store.h"
#include "storage/key/key_store.h"
#include "storage/segment/space.h"

namespace opptak::control {

class SegmentRecordingStore final : public RecordingStore {
 public:
  SegmentRecordingStore(std::filesystem::path directory, storage::KeyStore& keys,
                        storage::SegmentSpace& space, const storage::ReceiptSigner& signer);

  [[nodiscard]] RecordingStoreResult<storage::RecordingKey> make_key(
      const RecordingRow& recording, std::string_view client) override;
  [[nodiscard]] RecordingStoreResult<storage::RecordingKey> find_key(
      const RecordingId& recording) override;
  [[nodiscard]] RecordingStoreResult<void> destroy_key(const RecordingId& recording) override;
  [[nodiscard]] RecordingStoreResult<void> commit_keys() override;
  [[nodiscard]] RecordingStoreResult<std::vector<storage::BlockLocation>> blocks_of(
      const RecordingRow& recording) override;
  [[nodiscard]] RecordingStoreResult<void> free_blocks(
      std::span<const storage::BlockLocation> blocks) override;
  [[nodiscard]] std::string sign_receipt(const storage::Receipt& receipt) override;

 private:
  std::filesystem::path directory_;
  storage::KeyStore& keys_;
  storage::SegmentSpace& space_;
  const storage::ReceiptSigner& signer_;
};

}  // namespace opptak::control
