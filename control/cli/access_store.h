// The accounts and tokens of the configured store, opened directly: whoever may write that file may
// make accounts. One thread.
#pragma once

#include <memory>
#include <string>

#include "control/access/access.h"
#include "control/cli/failure.h"

namespace opptak::control::cli {

[[nodiscard]] CliResult<std::unique_ptr<Access>> open_configured_access(const std::string& config);

// Role and client as the command line names them.
struct Rights {
  std::string role;
  std::string client;  // Empty: over all clients.
};
[[nodiscard]] CliResult<Role> checked_role(const Rights& rights);
[[nodiscard]] std::optional<std::string> client_of(const Rights& rights);

[[nodiscard]] CliFailure access_failure(AccessError error);

}  // namespace opptak::control::cli
