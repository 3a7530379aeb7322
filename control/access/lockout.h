// Failed logins and the locks that follow (the rule stands in access.h). Private to
// control/access; the caller holds the database's mutex.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "control/catalogue/sqlite.h"
#include "storage/base/time.h"

namespace opptak::control {

// How long a login stays locked after its `failures`-th failure in a row; 0: not at all. Pure.
[[nodiscard]] std::int64_t lock_ns(std::uint64_t failures) noexcept;

class Lockout {
 public:
  // Failures remembered at most; those that lock nothing are forgotten first.
  static constexpr std::int64_t kLoginsMax = 10'000;

  explicit Lockout(SqliteDatabase& database) : database_(database) {}

  // None, or false: the database failed.
  [[nodiscard]] std::optional<bool> locked(std::string_view login, UnixNs now);
  [[nodiscard]] bool note_failure(std::string_view login, UnixNs now);
  [[nodiscard]] bool forget(std::string_view login);

 private:
  SqliteDatabase& database_;
};

}  // namespace opptak::control
