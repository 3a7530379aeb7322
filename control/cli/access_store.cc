#include "control/cli/access_store.h"

#include <fmt/format.h>

#include "control/cli/configuration.h"
#include "control/cli/suggest.h"

namespace opptak::control::cli {

CliResult<std::unique_ptr<Access>> open_configured_access(const std::string& config) {
  const auto settings = read_configuration(config);
  if (!settings) return std::unexpected(settings.error());
  auto access = open_access(access_file(settings->storage.directory));
  if (!access) return fail(std::move(access.error().message));
  return std::move(*access);
}

CliResult<Role> checked_role(const Rights& rights) {
  if (const auto role = parse_role(rights.role)) return *role;
  std::vector<std::string> names;
  std::string list;
  for (const Role role : kRoles) {
    names.emplace_back(name_of(role));
    list += (list.empty() ? "" : ", ") + names.back();
  }
  const auto near = nearest(rights.role, names);
  return fail(fmt::format("There is no role \"{}\"{}: choose one of {}.", rights.role,
                          near ? fmt::format("; did you mean \"{}\"?", *near) : "", list),
              kExitUsage);
}

std::optional<std::string> client_of(const Rights& rights) {
  if (rights.client.empty()) return std::nullopt;
  return rights.client;
}

CliFailure access_failure(AccessError error) {
  return {std::string(message_of(error)), kExitFailed};
}

}  // namespace opptak::control::cli
