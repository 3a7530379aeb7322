// The keys of all recordings, each wrapped by the vault: docs/formats/keystore.md. The only file
// whose loss loses recordings, and whose old copies bring erased ones back.
//
// create() and destroy() are staged; commit() makes all that is staged durable with one append and
// one fdatasync (destroyed keys are then overwritten in place, with one more). An erasure is
// redone at the next open, wherever a crash cut it off.
//
// create(), destroy() and commit() belong to one owning thread; find() may be called from any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <string>

#include "storage/base/failure.h"
#include "storage/base/ids.h"
#include "storage/key/key_file.h"
#include "storage/key/recording_key.h"
#include "storage/key/vault.h"

namespace opptak::storage {

enum class KeyError : std::uint8_t {
  kNotFound,      // No such recording.
  kErased,        // Its key has been destroyed.
  kExists,        // create(): the recording has a key, or had one.
  kBadBucket,     // create(): client longer than kBucketClientBytesMax, or empty.
  kWrongRootKey,  // The vault is not the one that made this key store.
  kOtherVersion,  // A key store of another version: not touched.
  kDamaged,       // Bytes that were durable have changed; nothing was written.
  kLocked,        // Another process has it open for writing.
  kReadOnly,      // Opened by a tool.
  kFull,          // No room for new keys. Erasures still work.
  kFailed,        // The disk or vault failed. After a failed sync only a new open helps.
};
using KeyFailure = Failure<KeyError>;

enum class BucketClass : std::uint8_t { kSale = 1, kOther = 2 };

inline constexpr std::size_t kBucketClientBytesMax = 64;

// Recordings that expire together: client (slug), class and expiry day.
struct KeyBucket {
  std::string client;
  BucketClass classification = BucketClass::kOther;
  std::uint32_t expiry_day = 0;  // Days since 1970-01-01.
};

struct KeyStoreOptions {
  bool durable = true;     // false: never syncs, for stores that are thrown away.
  bool read_only = false;  // Takes no lock and writes nothing: for tools.
};

class KeyStore {
 public:
  // Opens `store`/keys, or makes it. `vault` must outlive the key store.
  [[nodiscard]] static std::expected<KeyStore, KeyFailure> open(const std::filesystem::path& store,
                                                                Vault& vault,
                                                                KeyStoreOptions options = {});
  // The same on a file that the caller brings: tests make it fail.
  [[nodiscard]] static std::expected<KeyStore, KeyFailure> open_file(std::unique_ptr<KeyFile> file,
                                                                     Vault& vault,
                                                                     KeyStoreOptions options = {});
  // Whether `store` has a key store: then a missing root key must not be made anew.
  [[nodiscard]] static bool exists(const std::filesystem::path& store);
  ~KeyStore();
  KeyStore(KeyStore&&) noexcept;
  KeyStore& operator=(KeyStore&&) noexcept;

  // A new random key, not to be used before commit() has returned.
  [[nodiscard]] std::expected<RecordingKey, KeyFailure> create(const RecordingId& recording,
                                                               const KeyBucket& bucket);
  // Stages the end of a key. Fine if it is destroyed already.
  [[nodiscard]] std::expected<void, KeyFailure> destroy(const RecordingId& recording);

  // On failure nothing of what was staged is done, and nothing is staged any more. (After kFailed
  // in a sync it may still turn out to be done at the next open: an erasure is then simply asked
  // for again.)
  [[nodiscard]] std::expected<void, KeyFailure> commit();

  // Committed keys only.
  [[nodiscard]] std::expected<RecordingKey, KeyFailure> find(const RecordingId& recording) const;

  [[nodiscard]] std::size_t live_keys() const;
  [[nodiscard]] std::size_t erased_keys() const;

 private:
  class Impl;
  explicit KeyStore(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace opptak::storage
