#include "control/access/schema.h"

#include <array>

namespace opptak::control {
namespace {

// Version 1. Of secrets only BLAKE2b-256, of passwords only argon2id; failed logins by the hash of
// what was typed, since people type passwords into the wrong field.
constexpr const char* kVersion1 = R"sql(
CREATE TABLE accounts (
  id TEXT PRIMARY KEY,
  login TEXT NOT NULL UNIQUE,
  password_hash TEXT NOT NULL,
  role INTEGER NOT NULL CHECK (role BETWEEN 0 AND 5),
  client TEXT,
  agent TEXT NOT NULL,
  enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  created_at INTEGER NOT NULL
) STRICT;
CREATE TABLE sessions (
  hash BLOB PRIMARY KEY CHECK (length(hash) = 32),
  id TEXT NOT NULL,
  account TEXT NOT NULL REFERENCES accounts (id),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_account ON sessions (account);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
CREATE TABLE tokens (
  hash BLOB PRIMARY KEY CHECK (length(hash) = 32),
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  role INTEGER NOT NULL CHECK (role BETWEEN 0 AND 5),
  client TEXT,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE login_failures (
  login_hash BLOB PRIMARY KEY CHECK (length(login_hash) = 32),
  failures INTEGER NOT NULL,
  last_failed_at INTEGER NOT NULL,
  locked_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX login_failures_by_lock ON login_failures (locked_until, last_failed_at);
)sql";

constexpr std::array kMigrations{kVersion1};

constexpr SqliteSchema kSchema{
    .what = "access file", .application_id = 0x4f505441, .migrations = kMigrations};  // "OPTA"

}  // namespace

const SqliteSchema& access_schema() noexcept { return kSchema; }

}  // namespace opptak::control
