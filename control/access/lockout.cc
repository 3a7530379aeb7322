#include "control/access/lockout.h"

#include <algorithm>

#include "control/access/secret.h"

namespace opptak::control {
namespace {

constexpr std::uint64_t kFreeFailures = 4;
constexpr std::int64_t kFirstLockNs = 30 * kNsPerSecond;
constexpr std::int64_t kLongestLockNs = 15 * 60 * kNsPerSecond;
constexpr std::int64_t kMemoryNs = 24 * 3'600 * kNsPerSecond;

}  // namespace

std::int64_t lock_ns(std::uint64_t failures) noexcept {
  if (failures <= kFreeFailures) return 0;
  const std::uint64_t doublings = std::min<std::uint64_t>(failures - kFreeFailures - 1, 16);
  return std::min(kFirstLockNs << doublings, kLongestLockNs);
}

std::optional<bool> Lockout::locked(std::string_view login, UnixNs now) {
  SqliteQuery query(database_, "SELECT locked_until > ? FROM login_failures WHERE login_hash = ?");
  query.bind(now.value).bind_blob(hash_secret(login));
  const bool locked = query.next() && query.integer(0) != 0;
  if (!query.ok()) return std::nullopt;
  return locked;
}

bool Lockout::note_failure(std::string_view login, UnixNs now) {
  SqliteQuery old(database_, "DELETE FROM login_failures WHERE last_failed_at < ?");
  old.bind(now.value - kMemoryNs);
  SqliteQuery crowd(database_,
                    "DELETE FROM login_failures WHERE login_hash IN ("
                    "SELECT login_hash FROM login_failures ORDER BY locked_until, last_failed_at "
                    "LIMIT max(0, (SELECT count(*) FROM login_failures) - ?))");
  crowd.bind(kLoginsMax - 1);
  SqliteQuery count(database_,
                    "INSERT INTO login_failures (login_hash, failures, last_failed_at, "
                    "locked_until) VALUES (?, 1, ?, 0) ON CONFLICT (login_hash) DO UPDATE SET "
                    "failures = failures + 1, last_failed_at = excluded.last_failed_at "
                    "RETURNING failures");
  const SecretHash hash = hash_secret(login);
  count.bind_blob(hash).bind(now.value);
  if (!old.run() || !crowd.run() || !count.next()) return false;
  const std::uint64_t failures = count.unsigned_integer(0);
  if (!count.run()) return false;
  if (lock_ns(failures) == 0) return true;
  SqliteQuery lock(database_, "UPDATE login_failures SET locked_until = ? WHERE login_hash = ?");
  lock.bind(now.value + lock_ns(failures)).bind_blob(hash);
  return lock.run().has_value();
}

bool Lockout::forget(std::string_view login) {
  SqliteQuery query(database_, "DELETE FROM login_failures WHERE login_hash = ?");
  query.bind_blob(hash_secret(login));
  return query.run().has_value();
}

}  // namespace opptak::control
