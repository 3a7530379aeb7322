// opptak calls: the log of calls, over the API.
#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "control/cli/api_text.h"
#include "control/cli/call_list.h"
#include "control/cli/commands.h"
#include "control/cli/table.h"

namespace opptak::control::cli {
namespace {

CliResult<int> list(const ApiOptions& api, const CallListOptions& options, bool json) {
  auto client = ApiClient::create(api);
  if (!client) return std::unexpected(client.error());
  const auto calls = list_calls(*client, options);
  if (!calls) return std::unexpected(calls.error());
  if (json) {
    fmt::print("{}\n", nlohmann::json{{"calls", *calls}}.dump(1));
    return kExitOk;
  }
  Table table({"call_id", "started", "from", "to", "client", "campaign", "state", "reason"});
  for (const nlohmann::json& call : *calls) {
    table.row({text_of(call, "call_id"), text_of(call, "started_at"), text_of(call, "from"),
               text_of(call, "to"), text_of(call, "client"), text_of(call, "campaign"),
               text_of(call, "state"), text_of(call, "reason")});
  }
  fmt::print("{}", table.text());
  return kExitOk;
}

}  // namespace

void add_calls(CLI::App& application, Action& chosen) {
  auto* command = application.add_subcommand("calls", "List calls, newest first");
  auto api = std::make_shared<ApiOptions>();
  auto options = std::make_shared<CallListOptions>();
  auto json = std::make_shared<bool>(false);
  add_call_list_options(*command, *options);
  command->add_flag("--json", *json, "Print JSON as the API gives it");
  add_api_options(*command, *api);
  command->callback([api, options, json, &chosen] {
    chosen = [api, options, json] { return list(*api, *options, *json); };
  });
}

}  // namespace opptak::control::cli
