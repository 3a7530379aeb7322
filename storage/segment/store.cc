#include "storage/segment/store.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>
#include <sodium.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "storage/base/bytes.h"
#include "storage/base/check.h"
#include "storage/base/file.h"
#include "storage/segment/layout.h"

namespace opptak::storage {

namespace {

constexpr std::uint32_t kEpochMagic = 0x454b504f;  // "OPKE"
constexpr std::uint32_t kEpochVersion = 1;
constexpr std::size_t kEpochBytes = 32;
constexpr std::size_t kStoreJsonBytesMax = 4096;
using EpochBytes = std::array<std::uint8_t, kEpochBytes>;

std::unexpected<StoreFailure> fail(StoreError error, std::string message) {
  return std::unexpected(StoreFailure{error, std::move(message)});
}

std::unexpected<StoreFailure> fail_system(const char* what, const std::filesystem::path& path,
                                          int error) {
  return fail(StoreError::kSystem,
              fmt::format("{} {}: {}", what, path.string(), errno_text(error)));
}

EpochBytes encode_epoch(std::uint64_t epoch) {
  EpochBytes bytes{};
  store_le<std::uint32_t>(bytes.data(), kEpochMagic);
  store_le<std::uint32_t>(bytes.data() + 4, kEpochVersion);
  store_le<std::uint64_t>(bytes.data() + 8, epoch);
  std::array<std::uint8_t, 32> digest;
  CHECK(EVP_Digest(bytes.data(), 16, digest.data(), nullptr, EVP_sha256(), nullptr) == 1);
  std::memcpy(bytes.data() + 16, digest.data(), 16);
  return bytes;
}

std::filesystem::path epoch_path(const StoreInfo& store) { return store.directory / "epoch"; }

std::expected<StoreInfo, StoreFailure> parse_store_json(const std::filesystem::path& directory,
                                                        const std::string& text) {
  const auto damaged = [&] {
    return fail(StoreError::kDamaged,
                fmt::format("{}/store.json is not a store's: restore it from a backup, or name "
                            "another directory",
                            directory.string()));
  };
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return damaged();
  const auto format = json.find("format");
  const auto version = json.find("version");
  const auto id = json.find("id");
  if (format == json.end() || *format != "opptak-store" || version == json.end() ||
      !version->is_number_unsigned()) {
    return damaged();
  }
  if (*version != kStoreVersion) {
    return fail(StoreError::kOtherVersion,
                fmt::format("the store {} has version {}, this program reads version {}: use the "
                            "program that wrote it, or name another directory",
                            directory.string(), version->dump(), kStoreVersion));
  }
  StoreInfo info{.directory = directory};
  std::size_t bytes = 0;
  if (id == json.end() || !id->is_string()) return damaged();
  const auto& hex = id->get_ref<const std::string&>();
  if (hex.size() != 32 ||
      sodium_hex2bin(info.id.data(), info.id.size(), hex.data(), hex.size(), nullptr, &bytes,
                     nullptr) != 0 ||
      bytes != info.id.size()) {
    return damaged();
  }
  return info;
}

std::optional<int> make_directory(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return error.value();
  const auto store = std::filesystem::absolute(path.parent_path(), error);
  for (const auto& parent : {store, store.parent_path()}) {
    if (const int synced = sync_directory(parent); synced != 0) return synced;
  }
  return std::nullopt;
}

std::expected<void, StoreFailure> create_store(const std::filesystem::path& directory, UnixNs now) {
  if (const auto error = make_directory(segments_directory(directory))) {
    return fail(StoreError::kMissing, fmt::format("the store directory {} cannot be made: {}",
                                                  directory.string(), errno_text(*error)));
  }
  if (const int error = create_file(directory / "epoch", encode_epoch(0), 0600);
      error != 0 && error != EEXIST) {
    return fail_system("cannot write", directory / "epoch", error);
  }
  std::array<std::uint8_t, 16> id;
  randombytes_buf(id.data(), id.size());
  std::array<char, 33> hex;
  sodium_bin2hex(hex.data(), hex.size(), id.data(), id.size());
  const nlohmann::ordered_json json = {{"format", "opptak-store"},
                                       {"version", kStoreVersion},
                                       {"id", hex.data()},
                                       {"created_at", format_rfc3339(now)}};
  const std::string text = json.dump(2) + "\n";
  const int error = create_file(directory / "store.json", as_bytes(text), 0644);
  if (error != 0 && error != EEXIST) {
    return fail_system("cannot write", directory / "store.json", error);
  }
  return {};
}

std::uint32_t newest_segment_epoch(const std::filesystem::path& directory, int& error) {
  std::uint32_t newest = 0;
  std::error_code code;
  for (std::filesystem::directory_iterator it(segments_directory(directory), code), end;
       !code && it != end; it.increment(code)) {
    if (const auto id = parse_segment_file_name(it->path().filename().string())) {
      newest = std::max(newest, epoch_of(*id));
    }
  }
  error = code.value();
  return newest;
}

}  // namespace

std::expected<StoreInfo, StoreFailure> open_store(const std::filesystem::path& directory) {
  std::string text;
  const int error = read_small_file(directory / "store.json", kStoreJsonBytesMax, text);
  if (error == ENOENT || error == ENOTDIR) {
    return fail(
        StoreError::kMissing,
        fmt::format("there is no store in {}: check [storage] directory", directory.string()));
  }
  if (error != 0 && error != EFBIG) {
    return fail_system("cannot read", directory / "store.json", error);
  }
  return parse_store_json(directory, text);
}

std::expected<StoreInfo, StoreFailure> open_or_create_store(const std::filesystem::path& directory,
                                                            UnixNs now) {
  CHECK(sodium_init() >= 0);
  auto store = open_store(directory);
  if (!store && store.error().code == StoreError::kMissing) {
    if (const auto created = create_store(directory, now); !created) {
      return std::unexpected(created.error());
    }
    store = open_store(directory);
  }
  if (!store) return store;
  if (const auto epoch = read_epoch(*store); !epoch) return std::unexpected(epoch.error());
  return store;
}

std::expected<std::uint32_t, StoreFailure> read_epoch(const StoreInfo& store) {
  std::string text;
  const int error = read_small_file(epoch_path(store), kEpochBytes, text);
  if (error != 0 && error != ENOENT && error != EFBIG) {
    return fail_system("cannot read", epoch_path(store), error);
  }
  const std::uint64_t epoch =
      text.size() == kEpochBytes ? load_le<std::uint64_t>(text.data() + 8) : kEpochMax + 1;
  const EpochBytes expected = encode_epoch(epoch);
  if (error != 0 || epoch > kEpochMax || std::memcmp(text.data(), expected.data(), kEpochBytes)) {
    return fail(StoreError::kDamaged,
                fmt::format("{} is missing or damaged: restore it from the newest backup; "
                            "without it nonces could repeat, so nothing is written",
                            epoch_path(store).string()));
  }
  return static_cast<std::uint32_t>(epoch);
}

std::expected<std::uint32_t, StoreFailure> advance_epoch(const StoreInfo& store) {
  const auto current = read_epoch(store);
  if (!current) return current;
  int error = 0;
  const std::uint32_t newest = newest_segment_epoch(store.directory, error);
  if (error != 0) return fail_system("cannot list", segments_directory(store.directory), error);
  const std::uint32_t next = std::max(*current, newest) + 1;
  if (next > kEpochMax) {
    return fail(StoreError::kExhausted,
                fmt::format("the store {} has been started {} times, more than its format can "
                            "count: start a new store",
                            store.directory.string(), kEpochMax));
  }
  if (const int failed = replace_file(epoch_path(store), encode_epoch(next), 0600); failed != 0) {
    return fail_system("cannot write", epoch_path(store), failed);
  }
  return next;
}

std::expected<StoreLock, StoreFailure> StoreLock::take(const StoreInfo& store) {
  const auto path = store.directory / "writer.lock";
  UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file.valid()) return fail_system("cannot open", path, errno);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return fail_system("cannot lock", path, errno);
    return fail(StoreError::kBusy,
                fmt::format("another process writes to the store {}: stop it first",
                            store.directory.string()));
  }
  return StoreLock(std::move(file));
}

}  // namespace opptak::storage
