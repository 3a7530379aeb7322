// Who may come in: accounts, sessions and API tokens. Kept in a SQLite file of its own
// (`<storage directory>/access.sqlite`, mode 0600), so that a login never waits for the
// catalogue's commits nor they for it, and so that it can be backed up apart.
//
// Passwords are stored as argon2id (libsodium's interactive cost or better); of sessions and
// tokens only the BLAKE2b hash is stored. Login names appear in no log and no principal.
// Thread: any; several processes may have the file open (the command line makes accounts while
// control runs), and a revocation holds from the next call on. What takes a password costs tens of
// milliseconds and 64 MiB: keep it off an I/O thread. Time is passed in.
//
// Guessing: from the 5th failure for a login on, it is locked for 30 s, twice as long with each
// further failure, at most 15 minutes; a success or a new password clears that, and so does a day
// without failures. At most two passwords are checked at once, so at most one more guess slips
// through while the lock is being set.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/access/principal.h"
#include "storage/base/time.h"

namespace opptak::control {

enum class AccessError : std::uint8_t {
  kCannotOpen,    // File, folder or permission; or not an access file.
  kNewerVersion,  // Written by a later release.
  kDenied,        // Wrong login or password: never says which. Unknown, expired, revoked token.
  kLockedOut,     // Too many failures for this login; try again later (429).
  kBusy,          // Too many logins at once; try again (503).
  kExists,        // There is an account of this login.
  kNotFound,      // No such account or token.
  kWeakPassword,  // Shorter than kPasswordBytesMin, or longer than kPasswordBytesMax.
  kBadLogin,      // Not 1 to 64 printable characters without space.
  kBadClient,     // Not a client id, or an operator limited to one client.
  kFailed,        // The disk or SQLite failed; no memory for argon2id.
};

[[nodiscard]] std::string_view message_of(AccessError error) noexcept;  // One sentence.

inline constexpr std::size_t kPasswordBytesMin = 12;
inline constexpr std::size_t kPasswordBytesMax = 1'024;

struct Account {
  std::string id;  // Opaque, stable; what logs and receipts carry.
  std::string login;
  Role role = Role::kSeller;
  std::optional<std::string> client;  // Empty: over all clients.
  bool enabled = true;
  UnixNs created_at;
};

struct ApiToken {
  std::string id;  // Opaque; names the token for revocation.
  std::string name;
  Role role = Role::kDialler;
  std::optional<std::string> client;
  UnixNs created_at;
  UnixNs expires_at;  // Not known: never.
};

// A secret handed out once: its text is all that proves the holder.
struct Issued {
  std::string id;      // Of the session or token.
  std::string secret;  // 43 URL-safe characters; of a token with "opt_" before them.
  UnixNs expires_at;
};

class Access {
 public:
  virtual ~Access() = default;

  // `agent` is the name under which the dialler announces a seller's calls; the login if empty.
  [[nodiscard]] virtual std::expected<Account, AccessError> create_user(
      std::string_view login, std::string_view password, Role role,
      const std::optional<std::string>& client, std::string_view agent, UnixNs now) = 0;
  // Also ends the account's sessions and its lock-out.
  [[nodiscard]] virtual std::expected<void, AccessError> set_password(std::string_view login,
                                                                      std::string_view password,
                                                                      UnixNs now) = 0;
  // A disabled account's sessions end at once.
  [[nodiscard]] virtual std::expected<void, AccessError> set_enabled(std::string_view login,
                                                                     bool enabled) = 0;
  [[nodiscard]] virtual std::expected<std::vector<Account>, AccessError> accounts() = 0;

  // Checks the password; the time it takes does not depend on whether the login exists.
  [[nodiscard]] virtual std::expected<Principal, AccessError> authenticate(
      std::string_view login, std::string_view password, UnixNs now) = 0;

  // authenticate(), then a session of `hours`.
  struct Login {
    Issued session;
    Principal principal;
  };
  [[nodiscard]] virtual std::expected<Login, AccessError> login(std::string_view login,
                                                                std::string_view password,
                                                                std::uint32_t hours,
                                                                UnixNs now) = 0;
  // A secret that is not there is no error: the caller is logged out either way.
  virtual void logout(std::string_view session_secret) noexcept = 0;

  [[nodiscard]] virtual std::expected<Issued, AccessError> create_token(
      std::string_view name, Role role, const std::optional<std::string>& client, UnixNs expires_at,
      UnixNs now) = 0;
  [[nodiscard]] virtual std::expected<void, AccessError> revoke_token(std::string_view id) = 0;
  [[nodiscard]] virtual std::expected<std::vector<ApiToken>, AccessError> tokens() = 0;

  // Whose session cookie or bearer token this is.
  [[nodiscard]] virtual std::expected<Principal, AccessError> principal_of(std::string_view secret,
                                                                           UnixNs now) = 0;
};

// Opening is where files go wrong: says which file, what is wrong and what to do.
struct AccessFailure {
  AccessError code;
  std::string message;
};

// Makes the file where there is none.
[[nodiscard]] std::expected<std::unique_ptr<Access>, AccessFailure> open_access(
    const std::filesystem::path& file);

// Where the file lies below `[storage] directory`.
[[nodiscard]] std::filesystem::path access_file(const std::filesystem::path& storage_directory);

}  // namespace opptak::control
