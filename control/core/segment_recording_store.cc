#include "control/core/segment_recording_store.h"

#include <type_traits>
#include <utility>

#include "storage/read/recording_reader.h"

namespace opptak::control {

namespace {

RecordingStoreFailure of_key(storage::KeyFailure&& failure) {
  const bool no_key =
      failure.code == storage::KeyError::kNotFound || failure.code == storage::KeyError::kErased;
  return {no_key ? RecordingStoreError::kNoKey : RecordingStoreError::kDisk,
          std::move(failure.message)};
}

template <class T>
RecordingStoreResult<T> translate(std::expected<T, storage::KeyFailure>&& result) {
  if (!result) return std::unexpected(of_key(std::move(result.error())));
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return std::move(*result);
  }
}

storage::BlockLocation location_of(const ExtentLocation& extents) {
  return {extents.segment, extents.offset_bytes, extents.bytes};
}

}  // namespace

SegmentRecordingStore::SegmentRecordingStore(std::filesystem::path directory,
                                             storage::KeyStore& keys, storage::SegmentSpace& space,
                                             const storage::ReceiptSigner& signer)
    : directory_(std::move(directory)), keys_(keys), space_(space), signer_(signer) {}

RecordingStoreResult<storage::RecordingKey> SegmentRecordingStore::make_key(
    const RecordingRow& recording, std::string_view client) {
  return translate(keys_.create(recording.id, {.client = std::string(client),
                                               .classification = storage::BucketClass::kOther,
                                               .expiry_day = recording.expiry_day}));
}

RecordingStoreResult<storage::RecordingKey> SegmentRecordingStore::find_key(
    const RecordingId& recording) {
  return translate(keys_.find(recording));
}

RecordingStoreResult<void> SegmentRecordingStore::destroy_key(const RecordingId& recording) {
  auto result = keys_.destroy(recording);
  if (!result && result.error().code == storage::KeyError::kNotFound) return {};
  return translate(std::move(result));
}

RecordingStoreResult<void> SegmentRecordingStore::commit_keys() {
  return translate(keys_.commit());
}

RecordingStoreResult<std::vector<storage::BlockLocation>> SegmentRecordingStore::blocks_of(
    const RecordingRow& recording) {
  const auto key = find_key(recording.id);
  if (!key) return std::unexpected(key.error());
  auto reader = storage::RecordingReader::open(directory_, recording.id, *key,
                                               location_of(recording.extents));
  if (!reader) {
    const bool disk = reader.error().code == storage::ReadError::kSystem;
    return std::unexpected(
        RecordingStoreFailure{disk ? RecordingStoreError::kDisk : RecordingStoreError::kUnreadable,
                              std::move(reader.error().message)});
  }
  return reader->locations();
}

RecordingStoreResult<void> SegmentRecordingStore::free_blocks(
    std::span<const storage::BlockLocation> blocks) {
  auto freed = space_.free(blocks);
  if (freed) return {};
  return std::unexpected(
      RecordingStoreFailure{RecordingStoreError::kDisk, std::move(freed.error().message)});
}

std::string SegmentRecordingStore::sign_receipt(const storage::Receipt& receipt) {
  return signer_.sign(receipt);
}

}  // namespace opptak::control
