// opptak token: access for programs, made on the store itself.
#include <cstdint>
#include <memory>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "control/cli/access_store.h"
#include "control/cli/commands.h"
#include "control/cli/configuration.h"
#include "control/cli/table.h"

namespace opptak::control::cli {
namespace {

constexpr std::int64_t kSecondsPerDay = 86'400;

struct TokenOptions {
  std::string id;
  std::string name = "token";
  Rights rights;
  std::uint32_t days = 0;
  std::string config;
  bool json = false;
};

CliResult<int> create(const TokenOptions& options) {
  const auto role = checked_role(options.rights);
  if (!role) return std::unexpected(role.error());
  const auto access = open_configured_access(options.config);
  if (!access) return std::unexpected(access.error());
  const UnixNs now = system_now();
  const UnixNs expires_at =
      options.days == 0 ? UnixNs{} : now + options.days * kSecondsPerDay * kNsPerSecond;
  const auto issued =
      (*access)->create_token(options.name, *role, client_of(options.rights), expires_at, now);
  if (!issued) return std::unexpected(access_failure(issued.error()));
  if (!options.json) {
    fmt::print("{}\n", issued->secret);
    return kExitOk;
  }
  const nlohmann::ordered_json all = {
      {"id", issued->id},
      {"token", issued->secret},
      {"expires_at", expires_at.known() ? nlohmann::ordered_json(format_rfc3339(expires_at))
                                        : nlohmann::ordered_json(nullptr)}};
  fmt::print("{}\n", all.dump(1));
  return kExitOk;
}

CliResult<int> revoke(const TokenOptions& options) {
  const auto access = open_configured_access(options.config);
  if (!access) return std::unexpected(access.error());
  const auto revoked = (*access)->revoke_token(options.id);
  if (!revoked) return std::unexpected(access_failure(revoked.error()));
  return kExitOk;
}

CliResult<int> list(const TokenOptions& options) {
  const auto access = open_configured_access(options.config);
  if (!access) return std::unexpected(access.error());
  const auto tokens = (*access)->tokens();
  if (!tokens) return std::unexpected(access_failure(tokens.error()));
  Table table({"id", "name", "role", "client", "created", "expires"});
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  const auto or_null = [](bool known, const std::string& text) {
    return known ? nlohmann::ordered_json(text) : nlohmann::ordered_json(nullptr);
  };
  for (const ApiToken& token : *tokens) {
    const std::string role(name_of(token.role));
    const std::string created = format_rfc3339(token.created_at);
    const std::string expires =
        token.expires_at.known() ? format_rfc3339(token.expires_at) : std::string("never");
    table.row({token.id, token.name, role, token.client.value_or("-"), created, expires});
    all.push_back({{"id", token.id},
                   {"name", token.name},
                   {"role", role},
                   {"client", or_null(token.client.has_value(), token.client.value_or(""))},
                   {"created_at", created},
                   {"expires_at", or_null(token.expires_at.known(), expires)}});
  }
  fmt::print("{}",
             options.json ? nlohmann::ordered_json{{"tokens", all}}.dump(1) + "\n" : table.text());
  return kExitOk;
}

}  // namespace

void add_token(CLI::App& application, Action& chosen) {
  auto* command =
      application.add_subcommand("token", "Make and revoke API tokens of programs on this host");
  command->require_subcommand(0, 1);

  auto* making = command->add_subcommand("create", "Make a token and print it, once");
  auto options = std::make_shared<TokenOptions>();
  making->add_option("--role", options->rights.role, "What the token may do")->required();
  making->add_option("--client", options->rights.client,
                     "The client that the token is for; unless given, all");
  making->add_option("--name", options->name, "What the token is called in lists")
      ->capture_default_str();
  making->add_option("--days", options->days, "Days until it expires; 0: never")
      ->check(CLI::Range(0, 36'500))
      ->capture_default_str();
  making->add_flag("--json", options->json, "Print JSON with the token's id");
  add_config_option(*making, options->config);
  making->callback([options, &chosen] { chosen = [options] { return create(*options); }; });

  auto* revoking = command->add_subcommand("revoke", "Revoke a token: it is of no use at once");
  auto revoked = std::make_shared<TokenOptions>();
  revoking->add_option("id", revoked->id, "Id as `opptak token list` shows it")
      ->type_name("ID")
      ->required();
  add_config_option(*revoking, revoked->config);
  revoking->callback([revoked, &chosen] { chosen = [revoked] { return revoke(*revoked); }; });

  auto* listing = command->add_subcommand("list", "List the tokens, without their secrets");
  auto listed = std::make_shared<TokenOptions>();
  listing->add_flag("--json", listed->json, "Print JSON");
  add_config_option(*listing, listed->config);
  listing->callback([listed, &chosen] { chosen = [listed] { return list(*listed); }; });
}

}  // namespace opptak::control::cli
