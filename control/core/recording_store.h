// What the core needs of the store: keys of recordings, the disk space they take, and signed
// receipts. The real one is SegmentRecordingStore (segment_recording_store.h); tests wrap it to
// make single steps fail. Thread: the core's.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "control/catalogue/rows.h"
#include "storage/base/failure.h"
#include "storage/extent/extent_list.h"
#include "storage/key/recording_key.h"
#include "storage/receipt/receipt.h"

namespace opptak::control {

enum class RecordingStoreError : std::uint8_t {
  kNoKey,       // There is no key for the recording: never made, or destroyed.
  kDisk,        // Key file or segment could not be read or written.
  kUnreadable,  // The extent list is damaged or not there.
};
using RecordingStoreFailure = Failure<RecordingStoreError>;
template <class T>
using RecordingStoreResult = std::expected<T, RecordingStoreFailure>;

class RecordingStore {
 public:
  virtual ~RecordingStore() = default;

  // A random key, not to be used before commit_keys() has returned.
  [[nodiscard]] virtual RecordingStoreResult<storage::RecordingKey> make_key(
      const RecordingRow& recording, std::string_view client) = 0;
  [[nodiscard]] virtual RecordingStoreResult<storage::RecordingKey> find_key(
      const RecordingId& recording) = 0;
  // With the next commit_keys(). Repeating it, or destroying what never was, is no error.
  [[nodiscard]] virtual RecordingStoreResult<void> destroy_key(const RecordingId& recording) = 0;
  // Makes everything staged durable. On failure nothing of it is done, nor staged any more.
  [[nodiscard]] virtual RecordingStoreResult<void> commit_keys() = 0;

  // Every block of a stored recording, its extent list included; needs its key.
  [[nodiscard]] virtual RecordingStoreResult<std::vector<storage::BlockLocation>> blocks_of(
      const RecordingRow& recording) = 0;
  // Gives the space back to the file system. What is free already is no error.
  [[nodiscard]] virtual RecordingStoreResult<void> free_blocks(
      std::span<const storage::BlockLocation> blocks) = 0;

  [[nodiscard]] virtual std::string sign_receipt(const storage::Receipt& receipt) = 0;
};

// RecordingRow::erase_ranges: "segment:offset:bytes,...".
[[nodiscard]] std::string format_ranges(std::span<const storage::BlockLocation> blocks);
// Nothing where the text is not of that form.
[[nodiscard]] std::optional<std::vector<storage::BlockLocation>> parse_ranges(
    std::string_view text);

}  // namespace opptak::control
