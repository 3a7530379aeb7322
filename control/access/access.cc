// Accounts, sessions and tokens over SQLite. One mutex around the database, none around argon2id.
#include "control/access/access.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <semaphore>
#include <utility>

#include <sodium.h>

#include "control/access/lockout.h"
#include "control/access/schema.h"
#include "control/access/secret.h"
#include "control/catalogue/sqlite.h"
#include "storage/settings/settings.h"

namespace opptak::control {
namespace {

using Status = std::expected<void, AccessError>;
using Failed = std::unexpected<AccessError>;

constexpr std::ptrdiff_t kHashesAtOnce = 2;  // 64 MiB and a core each.
constexpr std::chrono::seconds kHashWait{5};
constexpr std::size_t kLoginBytesMax = 64;
constexpr std::size_t kNameBytesMax = 200;

bool is_login(std::string_view login) noexcept {
  return !login.empty() && login.size() <= kLoginBytesMax &&
         std::ranges::all_of(login, [](char c) { return c > ' ' && c < 0x7f; });
}

bool is_password(std::string_view password) noexcept {
  return password.size() >= kPasswordBytesMin && password.size() <= kPasswordBytesMax;
}

bool fits(Role role, const std::optional<std::string>& client) noexcept {
  return !client || (storage::is_slug(*client) && role != Role::kOperator);
}

AccessError error_of(const SqliteFailure& failure) noexcept {
  switch (failure.code) {
    case SqliteError::kCannotOpen:
    case SqliteError::kForeignFile:
    case SqliteError::kOlderVersion:
      return AccessError::kCannotOpen;
    case SqliteError::kNewerVersion:
      return AccessError::kNewerVersion;
    default:
      return AccessError::kFailed;
  }
}

Status run(SqliteQuery& query) {
  if (auto done = query.run(); !done) return Failed(error_of(done.error()));
  return {};
}

class SqliteAccessStore final : public Access {
 public:
  explicit SqliteAccessStore(SqliteDatabase database) : database_(std::move(database)) {}

  std::expected<Account, AccessError> create_user(std::string_view login, std::string_view password,
                                                  Role role,
                                                  const std::optional<std::string>& client,
                                                  std::string_view agent, UnixNs now) override;
  Status set_password(std::string_view login, std::string_view password, UnixNs now) override;
  Status set_enabled(std::string_view login, bool enabled) override;
  std::expected<std::vector<Account>, AccessError> accounts() override;
  std::expected<Principal, AccessError> authenticate(std::string_view login,
                                                     std::string_view password,
                                                     UnixNs now) override;
  std::expected<Login, AccessError> login(std::string_view login, std::string_view password,
                                          std::uint32_t hours, UnixNs now) override;
  void logout(std::string_view session_secret) noexcept override;
  std::expected<Issued, AccessError> create_token(std::string_view name, Role role,
                                                  const std::optional<std::string>& client,
                                                  UnixNs expires_at, UnixNs now) override;
  Status revoke_token(std::string_view id) override;
  std::expected<std::vector<ApiToken>, AccessError> tokens() override;
  std::expected<Principal, AccessError> principal_of(std::string_view secret, UnixNs now) override;

 private:
  struct Found {
    Principal principal;
    std::string password_hash;  // Empty: nobody, or disabled.
  };
  [[nodiscard]] std::expected<Found, AccessError> find_account(std::string_view login);
  [[nodiscard]] std::expected<std::string, AccessError> hash(std::string_view password);
  [[nodiscard]] Status drop_sessions(std::string_view account);

  std::mutex mutex_;
  SqliteDatabase database_;  // Under mutex_.
  std::counting_semaphore<kHashesAtOnce> hashes_{kHashesAtOnce};
};

// Takes a place among those that may hash; gives it back at the end of the scope.
class HashPlace {
 public:
  explicit HashPlace(std::counting_semaphore<kHashesAtOnce>& places)
      : places_(places), taken_(places.try_acquire_for(kHashWait)) {}
  ~HashPlace() {
    if (taken_) places_.release();
  }
  HashPlace(const HashPlace&) = delete;
  HashPlace& operator=(const HashPlace&) = delete;
  [[nodiscard]] bool taken() const noexcept { return taken_; }

 private:
  std::counting_semaphore<kHashesAtOnce>& places_;
  bool taken_;
};

std::expected<std::string, AccessError> SqliteAccessStore::hash(std::string_view password) {
  const HashPlace place(hashes_);
  if (!place.taken()) return Failed(AccessError::kBusy);
  auto text = hash_password(password);
  if (!text) return Failed(AccessError::kFailed);
  return std::move(*text);
}

std::expected<Account, AccessError> SqliteAccessStore::create_user(
    std::string_view login, std::string_view password, Role role,
    const std::optional<std::string>& client, std::string_view agent, UnixNs now) {
  if (!is_login(login)) return Failed(AccessError::kBadLogin);
  if (!agent.empty() && !is_login(agent)) return Failed(AccessError::kBadLogin);
  if (!is_password(password)) return Failed(AccessError::kWeakPassword);
  if (!fits(role, client)) return Failed(AccessError::kBadClient);
  const auto hashed = hash(password);
  if (!hashed) return Failed(hashed.error());
  Account account{make_opaque_id("acc_"), std::string(login), role, client, true, now};
  std::string agent_name;
  if (role == Role::kSeller) agent_name = agent.empty() ? login : agent;

  const std::scoped_lock lock(mutex_);
  SqliteQuery query(database_,
                    "INSERT INTO accounts (id, login, password_hash, role, client, agent, "
                    "enabled, created_at) VALUES (?, ?, ?, ?, ?, ?, 1, ?) "
                    "ON CONFLICT (login) DO NOTHING");
  query.bind(account.id).bind(login).bind(*hashed).bind(static_cast<std::int64_t>(role));
  query.bind(client).bind(agent_name).bind(now.value);
  if (auto done = run(query); !done) return Failed(done.error());
  if (database_.changed_rows() == 0) return Failed(AccessError::kExists);
  return account;
}

Status SqliteAccessStore::drop_sessions(std::string_view account) {
  SqliteQuery query(database_, "DELETE FROM sessions WHERE account = ?");
  query.bind(account);
  return run(query);
}

Status SqliteAccessStore::set_password(std::string_view login, std::string_view password, UnixNs) {
  if (!is_password(password)) return Failed(AccessError::kWeakPassword);
  const auto hashed = hash(password);
  if (!hashed) return Failed(hashed.error());
  const std::scoped_lock lock(mutex_);
  SqliteQuery query(database_,
                    "UPDATE accounts SET password_hash = ? WHERE login = ? RETURNING id");
  query.bind(*hashed).bind(login);
  if (!query.next()) {
    return Failed(query.ok() ? AccessError::kNotFound : error_of(query.failure()));
  }
  const std::string account = query.text(0);
  if (auto done = run(query); !done) return done;
  if (auto dropped = drop_sessions(account); !dropped) return dropped;
  return Lockout(database_).forget(login) ? Status{} : Failed(AccessError::kFailed);
}

Status SqliteAccessStore::set_enabled(std::string_view login, bool enabled) {
  const std::scoped_lock lock(mutex_);
  SqliteQuery query(database_, "UPDATE accounts SET enabled = ? WHERE login = ? RETURNING id");
  query.bind(std::int64_t{enabled}).bind(login);
  if (!query.next()) {
    return Failed(query.ok() ? AccessError::kNotFound : error_of(query.failure()));
  }
  const std::string account = query.text(0);
  if (auto done = run(query); !done) return done;
  return enabled ? Status{} : drop_sessions(account);
}

std::expected<std::vector<Account>, AccessError> SqliteAccessStore::accounts() {
  const std::scoped_lock lock(mutex_);
  SqliteQuery query(database_,
                    "SELECT id, login, role, client, enabled, created_at FROM accounts "
                    "ORDER BY login");
  std::vector<Account> out;
  while (query.next()) {
    out.push_back({query.text(0),
                   query.text(1),
                   static_cast<Role>(query.integer(2)),
                   query.optional_text(3),
                   query.integer(4) != 0,
                   {query.integer(5)}});
  }
  if (!query.ok()) return Failed(error_of(query.failure()));
  return out;
}

std::expected<SqliteAccessStore::Found, AccessError> SqliteAccessStore::find_account(
    std::string_view login) {
  SqliteQuery query(database_,
                    "SELECT id, role, client, agent, password_hash FROM accounts "
                    "WHERE login = ? AND enabled = 1");
  query.bind(login);
  Found found;
  if (query.next()) {
    found.principal = {query.text(0), static_cast<Role>(query.integer(1)), query.optional_text(2),
                       query.text(3)};
    found.password_hash = query.text(4);
  }
  if (!query.ok()) return Failed(error_of(query.failure()));
  return found;
}

std::expected<Principal, AccessError> SqliteAccessStore::authenticate(std::string_view login,
                                                                      std::string_view password,
                                                                      UnixNs now) {
  // What cannot be a login or a password is not worth 64 MiB, and says nothing about accounts.
  if (!is_login(login) || password.size() > kPasswordBytesMax) return Failed(AccessError::kDenied);
  const HashPlace place(hashes_);
  if (!place.taken()) return Failed(AccessError::kBusy);
  Found found;
  {
    const std::scoped_lock lock(mutex_);
    const auto locked = Lockout(database_).locked(login, now);
    if (!locked) return Failed(AccessError::kFailed);
    if (*locked) return Failed(AccessError::kLockedOut);
    auto account = find_account(login);
    if (!account) return Failed(account.error());
    found = std::move(*account);
  }
  const bool matches = verify_password(found.password_hash, password);
  const std::scoped_lock lock(mutex_);
  Lockout lockout(database_);
  const bool noted = matches ? lockout.forget(login) : lockout.note_failure(login, now);
  if (!noted) return Failed(AccessError::kFailed);
  if (!matches) return Failed(AccessError::kDenied);
  return std::move(found.principal);
}

std::expected<Access::Login, AccessError> SqliteAccessStore::login(std::string_view login,
                                                                   std::string_view password,
                                                                   std::uint32_t hours,
                                                                   UnixNs now) {
  auto principal = authenticate(login, password, now);
  if (!principal) return Failed(principal.error());
  Issued session{make_opaque_id("ses_"), make_secret(),
                 now + std::int64_t{hours} * 3'600 * kNsPerSecond};
  const std::scoped_lock lock(mutex_);
  SqliteQuery expired(database_, "DELETE FROM sessions WHERE expires_at <= ?");
  expired.bind(now.value);
  if (auto done = run(expired); !done) return Failed(done.error());
  // Of an account that was disabled while its password was being checked, no session is made.
  SqliteQuery query(database_,
                    "INSERT INTO sessions (hash, id, account, created_at, expires_at) "
                    "SELECT ?, ?, id, ?, ? FROM accounts WHERE id = ? AND enabled = 1");
  query.bind_blob(hash_secret(session.secret)).bind(session.id).bind(now.value);
  query.bind(session.expires_at.value).bind(principal->id);
  if (auto done = run(query); !done) return Failed(done.error());
  if (database_.changed_rows() == 0) return Failed(AccessError::kDenied);
  return Login{std::move(session), std::move(*principal)};
}

void SqliteAccessStore::logout(std::string_view session_secret) noexcept {
  const std::scoped_lock lock(mutex_);
  SqliteQuery query(database_, "DELETE FROM sessions WHERE hash = ?");
  query.bind_blob(hash_secret(session_secret));
  static_cast<void>(query.run());
}

std::expected<Issued, AccessError> SqliteAccessStore::create_token(
    std::string_view name, Role role, const std::optional<std::string>& client, UnixNs expires_at,
    UnixNs now) {
  if (name.empty() || name.size() > kNameBytesMax) return Failed(AccessError::kBadLogin);
  if (!fits(role, client)) return Failed(AccessError::kBadClient);
  Issued token{make_opaque_id("tok_"), std::string(kTokenPrefix) + make_secret(), expires_at};
  const std::scoped_lock lock(mutex_);
  SqliteQuery query(database_,
                    "INSERT INTO tokens (hash, id, name, role, client, created_at, expires_at) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?)");
  query.bind_blob(hash_secret(token.secret)).bind(token.id).bind(name);
  query.bind(static_cast<std::int64_t>(role)).bind(client).bind(now.value).bind(expires_at.value);
  if (auto done = run(query); !done) return Failed(done.error());
  return token;
}

Status SqliteAccessStore::revoke_token(std::string_view id) {
  const std::scoped_lock lock(mutex_);
  SqliteQuery query(database_, "DELETE FROM tokens WHERE id = ?");
  query.bind(id);
  if (auto done = run(query); !done) return done;
  return database_.changed_rows() == 0 ? Failed(AccessError::kNotFound) : Status{};
}

std::expected<std::vector<ApiToken>, AccessError> SqliteAccessStore::tokens() {
  const std::scoped_lock lock(mutex_);
  SqliteQuery query(database_,
                    "SELECT id, name, role, client, created_at, expires_at FROM tokens "
                    "ORDER BY created_at, id");
  std::vector<ApiToken> out;
  while (query.next()) {
    out.push_back({query.text(0),
                   query.text(1),
                   static_cast<Role>(query.integer(2)),
                   query.optional_text(3),
                   {query.integer(4)},
                   {query.integer(5)}});
  }
  if (!query.ok()) return Failed(error_of(query.failure()));
  return out;
}

std::expected<Principal, AccessError> SqliteAccessStore::principal_of(std::string_view secret,
                                                                      UnixNs now) {
  // Found by hash: how long the look-up takes says nothing about a secret.
  const SecretHash hash = hash_secret(secret);
  const bool token = secret.starts_with(kTokenPrefix);
  const std::scoped_lock lock(mutex_);
  SqliteQuery query(database_, token ? "SELECT id, role, client, '' FROM tokens "
                                       "WHERE hash = ? AND (expires_at = 0 OR expires_at > ?)"
                                     : "SELECT a.id, a.role, a.client, a.agent FROM sessions AS s "
                                       "JOIN accounts AS a ON a.id = s.account "
                                       "WHERE s.hash = ? AND s.expires_at > ? AND a.enabled = 1");
  query.bind_blob(hash).bind(now.value);
  if (!query.next()) {
    return Failed(query.ok() ? AccessError::kDenied : error_of(query.failure()));
  }
  return Principal{query.text(0), static_cast<Role>(query.integer(1)), query.optional_text(2),
                   query.text(3)};
}

}  // namespace

std::string_view message_of(AccessError error) noexcept {
  switch (error) {
    case AccessError::kCannotOpen:
      return "the access file cannot be opened";
    case AccessError::kNewerVersion:
      return "the access file was written by a later release";
    case AccessError::kDenied:
      return "wrong login or password, or a token that is not valid";
    case AccessError::kLockedOut:
      return "too many failed logins: try again in some minutes";
    case AccessError::kBusy:
      return "too many logins at once: try again";
    case AccessError::kExists:
      return "there is an account of this login already";
    case AccessError::kNotFound:
      return "there is no such account or token";
    case AccessError::kWeakPassword:
      return "a password must have 12 to 1024 bytes";
    case AccessError::kBadLogin:
      return "a login must be 1 to 64 printable ASCII characters without space, and a token's "
             "name 1 to 200 bytes";
    case AccessError::kBadClient:
      return "a client is 1 to 64 of a-z, 0-9, _ and -, and an operator has none";
    case AccessError::kFailed:
      break;
  }
  return "the access file could not be read or written, or memory ran out: see the log";
}

std::expected<std::unique_ptr<Access>, AccessFailure> open_access(
    const std::filesystem::path& file) {
  if (sodium_init() < 0) {
    return std::unexpected(
        AccessFailure{AccessError::kFailed, "libsodium found no source of random numbers"});
  }
  auto database =
      SqliteDatabase::open(file, SqliteAccess::kWrite, access_schema(), storage::Durability::kFull);
  if (!database) {
    return std::unexpected(AccessFailure{error_of(database.error()), database.error().message});
  }
  return std::make_unique<SqliteAccessStore>(std::move(*database));
}

std::filesystem::path access_file(const std::filesystem::path& storage_directory) {
  return storage_directory / "access.sqlite";
}

}  // namespace opptak::control
