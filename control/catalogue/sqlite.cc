#include "control/catalogue/sqlite.h"

#include <bit>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include "storage/base/check.h"

namespace opptak::control {
namespace {

namespace fs = std::filesystem;

constexpr int kBusyTimeoutMs = 5'000;
// Texts are our own: 256 forms of a list of calls and some dozens more. Others would be a bug.
constexpr std::size_t kStatementsMax = 512;

SqliteError error_of(int result) {
  switch (result & 0xff) {  // Extended codes carry the primary one in the low byte.
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
      return SqliteError::kCannotOpen;
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return SqliteError::kForeignFile;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return SqliteError::kBusy;
    case SQLITE_FULL:
      return SqliteError::kFull;
    case SQLITE_CONSTRAINT:
      return SqliteError::kConstraint;
    default:
      return SqliteError::kFailed;
  }
}

std::string_view advice(SqliteError error) {
  switch (error) {
    case SqliteError::kCannotOpen:
      return "check that the folder exists and may be written";
    case SqliteError::kForeignFile:
      return "it is damaged or no database: restore it from a backup";
    case SqliteError::kBusy:
      return "another process holds it: stop that one first";
    case SqliteError::kFull:
      return "the disk is full: free some space";
    default:
      return "the disk or the file system may have failed: see the kernel's log";
  }
}

// SQLite makes files by the umask; these hold phone numbers and hashes of secrets.
std::expected<void, SqliteFailure> make_private(const std::string& file, std::string_view what) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    return std::unexpected(SqliteFailure{
        SqliteError::kCannotOpen,
        fmt::format("cannot open the {} {}: {}; {}", what, file,
                    std::generic_category().message(errno), advice(SqliteError::kCannotOpen))});
  }
  ::close(fd);
  return {};
}

}  // namespace

void SqliteDatabase::Close::operator()(sqlite3* database) const noexcept {
  sqlite3_close_v2(database);
}

void SqliteDatabase::Finalize::operator()(sqlite3_stmt* statement) const noexcept {
  sqlite3_finalize(statement);
}

SqliteDatabase::SqliteDatabase(std::unique_ptr<sqlite3, Close> database, std::string file)
    : database_(std::move(database)), file_(std::move(file)) {}
SqliteDatabase::SqliteDatabase(SqliteDatabase&&) noexcept = default;
SqliteDatabase& SqliteDatabase::operator=(SqliteDatabase&& other) noexcept {
  statements_ = std::move(other.statements_);
  database_ = std::move(other.database_);
  file_ = std::move(other.file_);
  return *this;
}
SqliteDatabase::~SqliteDatabase() = default;

SqliteFailure SqliteDatabase::failure(int result) const {
  const SqliteError error = error_of(result);
  // sqlite3_errmsg() names tables and columns, never values.
  return {error, error == SqliteError::kConstraint
                     ? fmt::format("{}: {}", file_, sqlite3_errmsg(database_.get()))
                     : fmt::format("{}: {} (SQLite {}); {}", file_, sqlite3_errmsg(database_.get()),
                                   sqlite3_extended_errcode(database_.get()), advice(error))};
}

std::expected<SqliteDatabase, SqliteFailure> SqliteDatabase::open(const fs::path& file,
                                                                  SqliteAccess access,
                                                                  const SqliteSchema& schema,
                                                                  storage::Durability durability) {
  const std::string name = file.string();
  std::error_code ignored;
  if (access == SqliteAccess::kRead && !fs::exists(file, ignored)) {
    return std::unexpected(SqliteFailure{SqliteError::kCannotOpen,
                                         fmt::format("there is no {} {}", schema.what, name)});
  }
  if (access == SqliteAccess::kWrite) {
    if (auto made = make_private(name, schema.what); !made) return std::unexpected(made.error());
  }
  const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                    (access == SqliteAccess::kRead ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
  sqlite3* raw = nullptr;
  const int result = sqlite3_open_v2(name.c_str(), &raw, flags, nullptr);
  SqliteDatabase database(std::unique_ptr<sqlite3, Close>(raw), name);
  if (raw == nullptr) {
    return std::unexpected(SqliteFailure{SqliteError::kFailed, name + ": out of memory"});
  }
  if (result != SQLITE_OK) return std::unexpected(database.failure(result));
  sqlite3_busy_timeout(raw, kBusyTimeoutMs);
  // Before the journal mode is touched: a foreign file must stay as it is.
  if (auto number = database.number("PRAGMA schema_version"); !number) {
    return std::unexpected(number.error());
  }
  if (auto migrated = database.migrate(access, schema); !migrated) {
    return std::unexpected(migrated.error());
  }
  if (auto configured = database.configure(access, durability); !configured) {
    return std::unexpected(configured.error());
  }
  return database;
}

std::expected<void, SqliteFailure> SqliteDatabase::configure(SqliteAccess access,
                                                             storage::Durability durability) {
  constexpr const char* kBoth =
      "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA cache_size = -16384;"
      "PRAGMA temp_store = MEMORY;";
  if (auto done = execute(kBoth); !done) return done;
  if (access == SqliteAccess::kRead) return execute("PRAGMA query_only = ON");
  // 16 MiB of journal before its pages are copied home: a commit that also does that is slower.
  constexpr const char* kWriter =
      "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 4096;"
      "PRAGMA journal_size_limit = 67108864; PRAGMA secure_delete = ON;";
  if (auto done = execute(kWriter); !done) return done;
  return execute(durability == storage::Durability::kFull ? "PRAGMA synchronous = FULL"
                                                          : "PRAGMA synchronous = OFF");
}

std::expected<std::int64_t, SqliteFailure> SqliteDatabase::number(const char* sql) {
  SqliteQuery query(*this, sql);
  const bool row = query.next();
  if (!query.ok()) return std::unexpected(query.failure());
  return row ? query.integer(0) : 0;
}

std::expected<void, SqliteFailure> SqliteDatabase::migrate(SqliteAccess access,
                                                           const SqliteSchema& schema) {
  const auto refuse = [&](SqliteError error, std::string_view why) {
    return std::unexpected(SqliteFailure{
        error, fmt::format("{} is {}", file_, fmt::format(fmt::runtime(why), schema.what))});
  };
  if (access == SqliteAccess::kWrite) {
    if (auto begun = execute("BEGIN IMMEDIATE"); !begun) return begun;
  }
  const auto application = number("PRAGMA application_id");
  const auto objects = number("SELECT count(*) FROM sqlite_schema");
  const auto version = number("PRAGMA user_version");
  if (!application || !objects || !version) {
    return std::unexpected((!application ? application : !objects ? objects : version).error());
  }
  const bool fresh = *objects == 0 && *application == 0 && *version == 0;
  if (*application != schema.application_id && !(fresh && access == SqliteAccess::kWrite)) {
    return refuse(SqliteError::kForeignFile,
                  "no {} of Opptak: check the path in the configuration");
  }
  const auto known = static_cast<std::int64_t>(schema.migrations.size());
  if (*version > known) {
    return refuse(SqliteError::kNewerVersion,
                  "a {} written by a later release of Opptak: start that release");
  }
  if (access == SqliteAccess::kRead) {
    if (*version == known) return {};
    return refuse(SqliteError::kOlderVersion,
                  "a {} of an earlier release: start Opptak once to bring it up to date");
  }
  for (std::int64_t step = *version; step < known; ++step) {
    if (auto done = execute(schema.migrations[static_cast<std::size_t>(step)]); !done) return done;
  }
  const std::string stamp = fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {};",
                                        schema.application_id, known);
  if (auto done = execute(stamp.c_str()); !done) return done;
  return execute("COMMIT");
}

std::expected<void, SqliteFailure> SqliteDatabase::execute(const char* sql) {
  const int result = sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) return std::unexpected(failure(result));
  return {};
}

bool SqliteDatabase::in_transaction() const noexcept {
  return sqlite3_get_autocommit(database_.get()) == 0;
}

std::int64_t SqliteDatabase::changed_rows() const noexcept {
  return sqlite3_changes64(database_.get());
}

SqliteQuery::SqliteQuery(SqliteDatabase& database, std::string_view sql) : database_(database) {
  auto [entry, added] = database.statements_.try_emplace(std::string(sql));
  SqliteDatabase::Cached& cached = entry->second;
  if (added) {
    CHECK(database.statements_.size() <= kStatementsMax);
    sqlite3_stmt* prepared = nullptr;
    const int result =
        sqlite3_prepare_v3(database.database_.get(), sql.data(), static_cast<int>(sql.size()),
                           SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
    cached.statement.reset(prepared);
    if (result != SQLITE_OK) {
      failure_ = database.failure(result);
      database.statements_.erase(entry);
      return;
    }
  }
  CHECK(!cached.in_use);
  cached.in_use = true;
  cached_ = &cached;
  statement_ = cached.statement.get();
}

SqliteQuery::~SqliteQuery() {
  if (cached_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
  cached_->in_use = false;
}

void SqliteQuery::check(int result) {
  if (result != SQLITE_OK && !failure_) failure_ = database_.failure(result);
}

SqliteQuery& SqliteQuery::bind(std::int64_t value) {
  if (ok()) check(sqlite3_bind_int64(statement_, next_parameter_++, value));
  return *this;
}

SqliteQuery& SqliteQuery::bind_unsigned(std::uint64_t value) {
  return bind(std::bit_cast<std::int64_t>(value));
}

SqliteQuery& SqliteQuery::bind(std::string_view text) {
  // A null pointer would bind NULL instead of the empty text.
  const char* data = text.data() == nullptr ? "" : text.data();
  if (ok()) {
    check(sqlite3_bind_text64(statement_, next_parameter_++, data, text.size(), SQLITE_TRANSIENT,
                              SQLITE_UTF8));
  }
  return *this;
}

SqliteQuery& SqliteQuery::bind(const std::optional<std::string>& text) {
  if (text) return bind(std::string_view(*text));
  if (ok()) check(sqlite3_bind_null(statement_, next_parameter_++));
  return *this;
}

SqliteQuery& SqliteQuery::bind_blob(std::span<const std::uint8_t> bytes) {
  if (ok()) {
    check(sqlite3_bind_blob64(statement_, next_parameter_++, bytes.data(), bytes.size(),
                              SQLITE_TRANSIENT));
  }
  return *this;
}

bool SqliteQuery::next() {
  if (!ok()) return false;
  const int result = sqlite3_step(statement_);
  if (result == SQLITE_ROW) return true;
  if (result != SQLITE_DONE) check(result);
  return false;
}

std::expected<void, SqliteFailure> SqliteQuery::run() {
  while (next()) {
  }
  if (!ok()) return std::unexpected(failure());
  return {};
}

std::int64_t SqliteQuery::integer(int column) const noexcept {
  return sqlite3_column_int64(statement_, column);
}

std::uint64_t SqliteQuery::unsigned_integer(int column) const noexcept {
  return std::bit_cast<std::uint64_t>(integer(column));
}

std::string SqliteQuery::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::optional<std::string> SqliteQuery::optional_text(int column) const {
  if (sqlite3_column_type(statement_, column) == SQLITE_NULL) return std::nullopt;
  return text(column);
}

std::span<const std::uint8_t> SqliteQuery::blob(int column) const noexcept {
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

}  // namespace opptak::control
