// opptak user: accounts of people, made on the store itself.
#include <memory>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sodium.h>

#include "control/cli/access_store.h"
#include "control/cli/commands.h"
#include "control/cli/configuration.h"
#include "control/cli/secret_input.h"
#include "control/cli/table.h"

namespace opptak::control::cli {
namespace {

struct UserOptions {
  std::string login;
  Rights rights;
  std::string agent;
  std::string config;
  bool json = false;
};

// A password that is overwritten when it goes.
class Password {
 public:
  explicit Password(std::string text) : text_(std::move(text)) {}
  ~Password() { sodium_memzero(text_.data(), text_.size()); }
  Password(const Password&) = delete;
  Password& operator=(const Password&) = delete;
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
};

CliResult<int> create(const UserOptions& options) {
  const auto role = checked_role(options.rights);
  if (!role) return std::unexpected(role.error());
  const auto access = open_configured_access(options.config);
  if (!access) return std::unexpected(access.error());
  auto typed = read_secret("Password for the new account");
  if (!typed) return std::unexpected(typed.error());
  const Password password(std::move(*typed));
  const auto account =
      (*access)->create_user(options.login, password.text(), *role, client_of(options.rights),
                             options.agent, system_now());
  if (!account) return std::unexpected(access_failure(account.error()));
  fmt::print("{}\n", account->id);
  return kExitOk;
}

CliResult<int> set_password(const UserOptions& options) {
  const auto access = open_configured_access(options.config);
  if (!access) return std::unexpected(access.error());
  auto typed = read_secret("New password");
  if (!typed) return std::unexpected(typed.error());
  const Password password(std::move(*typed));
  const auto set = (*access)->set_password(options.login, password.text(), system_now());
  if (!set) return std::unexpected(access_failure(set.error()));
  return kExitOk;
}

CliResult<int> set_enabled(const UserOptions& options, bool enabled) {
  const auto access = open_configured_access(options.config);
  if (!access) return std::unexpected(access.error());
  const auto set = (*access)->set_enabled(options.login, enabled);
  if (!set) return std::unexpected(access_failure(set.error()));
  return kExitOk;
}

CliResult<int> list(const UserOptions& options) {
  const auto access = open_configured_access(options.config);
  if (!access) return std::unexpected(access.error());
  const auto accounts = (*access)->accounts();
  if (!accounts) return std::unexpected(access_failure(accounts.error()));
  Table table({"id", "login", "role", "client", "enabled", "created"});
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const Account& account : *accounts) {
    const std::string role(name_of(account.role));
    const std::string created = format_rfc3339(account.created_at);
    table.row({account.id, account.login, role, account.client.value_or("-"),
               account.enabled ? "yes" : "no", created});
    all.push_back({{"id", account.id},
                   {"login", account.login},
                   {"role", role},
                   {"client", account.client ? nlohmann::ordered_json(*account.client)
                                             : nlohmann::ordered_json(nullptr)},
                   {"enabled", account.enabled},
                   {"created_at", created}});
  }
  fmt::print("{}",
             options.json ? nlohmann::ordered_json{{"users", all}}.dump(1) + "\n" : table.text());
  return kExitOk;
}

std::shared_ptr<UserOptions> options_for(CLI::App& command, bool with_login) {
  auto options = std::make_shared<UserOptions>();
  if (with_login) {
    command.add_option("login", options->login, "Login name")->type_name("LOGIN")->required();
  }
  add_config_option(command, options->config);
  return options;
}

void add_create(CLI::App& user, Action& chosen) {
  auto* command =
      user.add_subcommand("create", "Make an account; the password comes from standard input");
  auto options = options_for(*command, true);
  command->add_option("--role", options->rights.role, "What the account may do")->required();
  command->add_option("--client", options->rights.client,
                      "The client that the account is for; unless given, all");
  command->add_option("--agent", options->agent,
                      "Name under which the dialler announces a seller's calls");
  command->callback([options, &chosen] { chosen = [options] { return create(*options); }; });
}

void add_password(CLI::App& user, Action& chosen) {
  auto* command = user.add_subcommand(
      "password", "Set an account's password, from standard input; ends its sessions");
  auto options = options_for(*command, true);
  command->callback([options, &chosen] { chosen = [options] { return set_password(*options); }; });
}

void add_switch(CLI::App& user, Action& chosen, const char* name, const char* what, bool enabled) {
  auto* command = user.add_subcommand(name, what);
  auto options = options_for(*command, true);
  command->callback([options, enabled, &chosen] {
    chosen = [options, enabled] { return set_enabled(*options, enabled); };
  });
}

void add_list(CLI::App& user, Action& chosen) {
  auto* command = user.add_subcommand("list", "List the accounts");
  auto options = options_for(*command, false);
  command->add_flag("--json", options->json, "Print JSON");
  command->callback([options, &chosen] { chosen = [options] { return list(*options); }; });
}

}  // namespace

void add_user(CLI::App& application, Action& chosen) {
  auto* command = application.add_subcommand("user", "Make and manage accounts on this host");
  command->require_subcommand(0, 1);
  add_create(*command, chosen);
  add_password(*command, chosen);
  add_switch(*command, chosen, "disable", "Disable an account; ends its sessions", false);
  add_switch(*command, chosen, "enable", "Enable an account again", true);
  add_list(*command, chosen);
}

}  // namespace opptak::control::cli
