#include "storage/key/key_store.h"

#include <algorithm>
#include <mutex>
#include <system_error>

#include <fmt/format.h>
#include <sodium.h>

#include "storage/base/check.h"
#include "storage/base/file.h"
#include "storage/key/key_store_impl.h"

namespace opptak::storage {

namespace {

constexpr std::uint64_t kAllocateStepBytes = 1U << 20;
constexpr std::uint64_t kErasureReserveBytes = 64U << 10;  // Creates leave it free.
constexpr char kFileName[] = "keys.opk";

std::unexpected<KeyFailure> fail(KeyError error, std::string message) {
  return std::unexpected(KeyFailure{error, std::move(message)});
}

std::filesystem::path keys_directory(const std::filesystem::path& store) { return store / "keys"; }

}  // namespace

KeyFailure key_failure(const KeyFileFailure& failure) {
  switch (failure.code) {
    case KeyFileError::kMissing:
      return {KeyError::kNotFound, failure.message};
    case KeyFileError::kLocked:
      return {KeyError::kLocked, failure.message};
    case KeyFileError::kFull:
      return {KeyError::kFull, failure.message};
    case KeyFileError::kSystem:
      break;
  }
  return {KeyError::kFailed, failure.message};
}

bool is_wiped(const WrappedKey& slot) noexcept { return sodium_is_zero(slot.data(), slot.size()); }

std::expected<void, KeyFailure> KeyStore::Impl::usable() const {
  if (options_.read_only) {
    return fail(KeyError::kReadOnly, fmt::format("the {} is open for reading", file_->describe()));
  }
  if (!failed_.empty()) return fail(KeyError::kFailed, failed_);
  return {};
}

std::expected<RecordingKey, KeyFailure> KeyStore::Impl::create(const RecordingId& recording,
                                                               const KeyBucket& bucket) {
  if (auto state = usable(); !state) return std::unexpected(state.error());
  if (bucket.client.empty() || bucket.client.size() > kBucketClientBytesMax) {
    return fail(KeyError::kBadBucket, fmt::format("a client's id has 1 to {} characters, not {}",
                                                  kBucketClientBytesMax, bucket.client.size()));
  }
  if (slots_.contains(recording) || staged_ids_.contains(recording)) {
    return fail(KeyError::kExists, fmt::format("recording {} has a key", to_string(recording)));
  }
  RecordingKey key = RecordingKey::random();
  const auto wrapped = vault_.wrap(key, recording_key_context(id_, recording));
  if (!wrapped) return fail(KeyError::kFailed, wrapped.error().message);
  staged_creates_.push_back({KeyEntry::Kind::kCreate, recording, bucket});
  staged_keys_.push_back(*wrapped);
  staged_ids_.insert(recording);
  return key;
}

std::expected<void, KeyFailure> KeyStore::Impl::destroy(const RecordingId& recording) {
  if (auto state = usable(); !state) return state;
  const auto found = slots_.find(recording);
  if (found == slots_.end() && !staged_ids_.contains(recording)) {
    return fail(KeyError::kNotFound, fmt::format("recording {} has no key", to_string(recording)));
  }
  if (found != slots_.end() && found->second.erased) return {};
  staged_erases_.push_back({KeyEntry::Kind::kErase, recording, {}});
  return {};
}

std::expected<void, KeyFailure> KeyStore::Impl::commit() {
  if (auto state = usable(); !state) return state;
  if (staged_creates_.empty() && staged_erases_.empty()) return {};
  std::vector<KeyEntry> entries = std::move(staged_creates_);
  const std::size_t creates = entries.size();
  entries.insert(entries.end(), staged_erases_.begin(), staged_erases_.end());
  const auto frame = encode_frame(id_, sequence_ + 1, entries, staged_keys_);
  clear_staged();
  if (auto done = make_room(frame.size(), creates > 0); !done) return done;
  const std::uint64_t frame_offset = end_bytes_;
  if (auto done = append(frame); !done) return done;

  const std::uint64_t first_slot =
      frame_offset + kFrameHeaderBytes + entries.size() * kKeyEntryBytes;
  std::vector<std::uint64_t> to_zero;
  {
    const std::unique_lock lock(mutex_);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (entries[i].kind == KeyEntry::Kind::kCreate) {
        slots_[entries[i].recording] = {first_slot + i * kKeySlotBytes, false};
        continue;
      }
      Slot& slot = slots_.at(entries[i].recording);
      if (slot.erased) continue;  // Staged twice.
      slot.erased = true;
      ++erased_;
      to_zero.push_back(slot.offset_bytes);
    }
  }
  return zero_slots(std::move(to_zero));
}

void KeyStore::Impl::clear_staged() {
  staged_creates_.clear();
  staged_erases_.clear();
  staged_keys_.clear();
  staged_ids_.clear();
}

std::expected<void, KeyFailure> KeyStore::Impl::make_room(std::uint64_t frame_bytes, bool creates) {
  const std::uint64_t needed = end_bytes_ + frame_bytes + (creates ? kErasureReserveBytes : 0);
  if (needed <= allocated_bytes_) return {};
  const std::uint64_t step =
      (needed + kAllocateStepBytes - 1) / kAllocateStepBytes * kAllocateStepBytes;
  auto done = file_->allocate(step);
  allocated_bytes_ = done ? step : allocated_bytes_;
  if (!done && done.error().code == KeyFileError::kFull) {
    done = file_->allocate(needed);
    allocated_bytes_ = done ? needed : allocated_bytes_;
  }
  if (done) return {};
  // An erasure is tried all the same: the reserve may hold it.
  if (!creates) return {};
  KeyFailure failure = key_failure(done.error());
  if (failure.code == KeyError::kFull) {
    failure.message += "; no new recordings until there is space, erasing still works";
  }
  return std::unexpected(std::move(failure));
}

std::expected<void, KeyFailure> KeyStore::Impl::append(const std::vector<std::uint8_t>& frame) {
  if (auto written = file_->write(frame, end_bytes_); !written) {
    // Without the cut, a later frame would stand behind this one's remains.
    if (auto cut = file_->truncate(end_bytes_); !cut) failed_ = cut.error().message;
    allocated_bytes_ = 0;
    return std::unexpected(key_failure(written.error()));
  }
  if (auto synced = sync(); !synced) return synced;
  end_bytes_ += frame.size();
  ++sequence_;
  return {};
}

std::expected<void, KeyFailure> KeyStore::Impl::sync() {
  if (!options_.durable) return {};
  auto synced = file_->sync();
  if (synced) return {};
  // The kernel forgets what it failed to write: only reading the file again tells what is there.
  failed_ = synced.error().message + "; restart to see what is durable";
  return fail(KeyError::kFailed, failed_);
}

std::expected<void, KeyFailure> KeyStore::Impl::zero_slots(std::vector<std::uint64_t> offsets) {
  if (offsets.empty()) return {};
  std::sort(offsets.begin(), offsets.end());
  std::vector<std::uint8_t> zeros;
  for (std::size_t i = 0; i < offsets.size();) {
    std::size_t end = i + 1;
    while (end < offsets.size() && offsets[end] == offsets[end - 1] + kKeySlotBytes) ++end;
    zeros.assign((end - i) * kKeySlotBytes, 0);
    if (auto written = file_->write(zeros, offsets[i]); !written) {
      failed_ = written.error().message + "; restart to finish the erasure";
      return fail(KeyError::kFailed, failed_);
    }
    i = end;
  }
  return sync();
}

std::expected<WrappedKey, KeyFailure> KeyStore::Impl::read_slot(std::uint64_t offset_bytes) const {
  WrappedKey wrapped;
  if (auto read = file_->read(wrapped, offset_bytes); !read) {
    return std::unexpected(key_failure(read.error()));
  }
  return wrapped;
}

std::expected<RecordingKey, KeyFailure> KeyStore::Impl::find(const RecordingId& recording) const {
  std::expected<WrappedKey, KeyFailure> wrapped;
  {
    const std::shared_lock lock(mutex_);
    const auto found = slots_.find(recording);
    if (found == slots_.end()) {
      return fail(KeyError::kNotFound,
                  fmt::format("recording {} has no key", to_string(recording)));
    }
    if (found->second.erased) {
      return fail(KeyError::kErased, fmt::format("recording {} is erased", to_string(recording)));
    }
    wrapped = read_slot(found->second.offset_bytes);
  }
  if (!wrapped) return std::unexpected(wrapped.error());
  auto key = vault_.unwrap(*wrapped, recording_key_context(id_, recording));
  if (key) return std::move(*key);
  const bool mismatch = key.error().code == VaultError::kMismatch;
  return fail(mismatch ? KeyError::kDamaged : KeyError::kFailed,
              fmt::format("the key of recording {} in the {} cannot be unwrapped: {}",
                          to_string(recording), file_->describe(), key.error().message));
}

std::size_t KeyStore::Impl::live_keys() const {
  const std::shared_lock lock(mutex_);
  return slots_.size() - erased_;
}

std::size_t KeyStore::Impl::erased_keys() const {
  const std::shared_lock lock(mutex_);
  return erased_;
}

KeyStore::KeyStore(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
KeyStore::~KeyStore() = default;
KeyStore::KeyStore(KeyStore&&) noexcept = default;
KeyStore& KeyStore::operator=(KeyStore&&) noexcept = default;

std::expected<KeyStore, KeyFailure> KeyStore::open(const std::filesystem::path& store, Vault& vault,
                                                   KeyStoreOptions options) {
  const auto directory = keys_directory(store);
  if (!options.read_only) {
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error) {
      return fail(KeyError::kFailed, fmt::format("the directory {} cannot be made: {}",
                                                 directory.string(), error.message()));
    }
    if (options.durable) {
      if (const int synced = sync_directory(store); synced != 0) {
        return fail(KeyError::kFailed, fmt::format("the directory {} cannot be synced: {}",
                                                   store.string(), errno_text(synced)));
      }
    }
  }
  auto file = open_key_file(directory / kFileName, options.read_only, options.durable);
  if (!file) return std::unexpected(key_failure(file.error()));
  return open_file(std::move(*file), vault, options);
}

std::expected<KeyStore, KeyFailure> KeyStore::open_file(std::unique_ptr<KeyFile> file, Vault& vault,
                                                        KeyStoreOptions options) {
  CHECK(sodium_init() >= 0);
  auto impl = std::make_unique<Impl>(std::move(file), vault, options);
  if (auto loaded = impl->load(); !loaded) return std::unexpected(loaded.error());
  return KeyStore(std::move(impl));
}

bool KeyStore::exists(const std::filesystem::path& store) {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(keys_directory(store) / kFileName, error);
  return !error && bytes > 0;
}

std::expected<RecordingKey, KeyFailure> KeyStore::create(const RecordingId& recording,
                                                         const KeyBucket& bucket) {
  return impl_->create(recording, bucket);
}
std::expected<void, KeyFailure> KeyStore::destroy(const RecordingId& recording) {
  return impl_->destroy(recording);
}
std::expected<void, KeyFailure> KeyStore::commit() { return impl_->commit(); }
std::expected<RecordingKey, KeyFailure> KeyStore::find(const RecordingId& recording) const {
  return impl_->find(recording);
}
std::size_t KeyStore::live_keys() const { return impl_->live_keys(); }
std::size_t KeyStore::erased_keys() const { return impl_->erased_keys(); }

}  // namespace opptak::storage
