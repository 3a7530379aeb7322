// SQLite 3.40 behind a few lines, for the catalogue and the access file; nothing else in control
// talks to it, and sqlite3.h stays in sqlite.cc.
//
// A database is owned by one thread at a time. Schemas move forward only: `user_version` says how
// many migrations a file has seen, `application_id` whose file it is.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "storage/settings/settings.h"

struct sqlite3;
struct sqlite3_stmt;

namespace opptak::control {

enum class SqliteError : std::uint8_t {
  kCannotOpen,    // Missing, or no permission.
  kForeignFile,   // Not a database, of another application, or damaged.
  kNewerVersion,  // More migrations than this program knows.
  kOlderVersion,  // Fewer, and the database was opened to read only.
  kBusy,          // Locked by another connection for longer than the busy timeout.
  kFull,          // Disk full.
  kConstraint,    // A rule of the schema was broken.
  kFailed,        // Anything else.
};

struct SqliteFailure {
  SqliteError code;
  std::string message;  // One sentence, names the file. Never values of rows.
};

struct SqliteSchema {
  std::string_view what;  // "catalogue": for messages.
  std::int32_t application_id;
  // Statement k brings version k to k + 1. Never changed once released, only appended to.
  std::span<const char* const> migrations;
};

enum class SqliteAccess : std::uint8_t {
  kWrite,  // Makes the file (mode 0600) where there is none, migrates an older one.
  kRead,   // Never changes it.
};

class SqliteDatabase {
 public:
  [[nodiscard]] static std::expected<SqliteDatabase, SqliteFailure> open(
      const std::filesystem::path& file, SqliteAccess access, const SqliteSchema& schema,
      storage::Durability durability);

  SqliteDatabase(SqliteDatabase&&) noexcept;
  SqliteDatabase& operator=(SqliteDatabase&&) noexcept;
  ~SqliteDatabase();

  // One or more statements without parameters or rows.
  [[nodiscard]] std::expected<void, SqliteFailure> execute(const char* sql);
  // False inside BEGIN ... COMMIT. SQLite may end a transaction by itself when the disk fails.
  [[nodiscard]] bool in_transaction() const noexcept;
  // Rows that the last INSERT, UPDATE or DELETE changed.
  [[nodiscard]] std::int64_t changed_rows() const noexcept;

 private:
  friend class SqliteQuery;
  struct Close {
    void operator()(sqlite3* database) const noexcept;
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  struct Cached {
    std::unique_ptr<sqlite3_stmt, Finalize> statement;
    bool in_use = false;
  };

  SqliteDatabase(std::unique_ptr<sqlite3, Close> database, std::string file);
  [[nodiscard]] std::expected<void, SqliteFailure> configure(SqliteAccess access,
                                                             storage::Durability durability);
  [[nodiscard]] std::expected<void, SqliteFailure> migrate(SqliteAccess access,
                                                           const SqliteSchema& schema);
  [[nodiscard]] std::expected<std::int64_t, SqliteFailure> number(const char* sql);
  [[nodiscard]] SqliteFailure failure(int result) const;

  std::unique_ptr<sqlite3, Close> database_;
  std::string file_;
  std::unordered_map<std::string, Cached> statements_;  // After database_: finalized first.
};

// One run of one prepared statement (kept by the database for the next run). Parameters are bound
// in order; the first failure sticks and ends the run:
//
//   SqliteQuery query(database, "SELECT name FROM clients WHERE id = ?");
//   query.bind(id);
//   while (query.next()) names.push_back(query.text(0));
//   if (!query.ok()) return std::unexpected(query.failure());
//
// Columns may be read until the next call of next(). One query of a text at a time.
class SqliteQuery {
 public:
  SqliteQuery(SqliteDatabase& database, std::string_view sql);
  ~SqliteQuery();
  SqliteQuery(const SqliteQuery&) = delete;
  SqliteQuery& operator=(const SqliteQuery&) = delete;

  SqliteQuery& bind(std::int64_t value);
  SqliteQuery& bind_unsigned(std::uint64_t value);  // Comes back as the same 64 bits.
  SqliteQuery& bind(std::string_view text);
  SqliteQuery& bind(const std::string& text) { return bind(std::string_view(text)); }
  SqliteQuery& bind(const std::optional<std::string>& text);  // None: NULL.
  SqliteQuery& bind_blob(std::span<const std::uint8_t> bytes);

  // Goes to the next row; false at the end or after a failure.
  [[nodiscard]] bool next();
  // Runs to the end, for statements without rows.
  [[nodiscard]] std::expected<void, SqliteFailure> run();

  [[nodiscard]] bool ok() const noexcept { return !failure_; }
  [[nodiscard]] const SqliteFailure& failure() const { return *failure_; }

  [[nodiscard]] std::int64_t integer(int column) const noexcept;
  [[nodiscard]] std::uint64_t unsigned_integer(int column) const noexcept;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] std::optional<std::string> optional_text(int column) const;
  // Borrowed until the next call of next().
  [[nodiscard]] std::span<const std::uint8_t> blob(int column) const noexcept;

 private:
  void check(int result);

  SqliteDatabase& database_;
  SqliteDatabase::Cached* cached_ = nullptr;
  sqlite3_stmt* statement_ = nullptr;
  int next_parameter_ = 1;
  std::optional<SqliteFailure> failure_;
};

}  // namespace opptak::control
