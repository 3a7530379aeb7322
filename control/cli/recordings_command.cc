// opptak recordings: the recordings of calls, over the API.
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "control/cli/api_text.h"
#include "control/cli/call_list.h"
#include "control/cli/commands.h"
#include "control/cli/table.h"

namespace opptak::control::cli {
namespace {

// Ids of the calls that were named, or of those that the filters find.
CliResult<std::vector<std::string>> call_ids(ApiClient& client,
                                             const std::vector<std::string>& named,
                                             const CallListOptions& options) {
  std::vector<std::string> ids;
  for (const std::string& text : named) {
    const auto id = checked_uuid(text, "call");
    if (!id) return std::unexpected(id.error());
    ids.push_back(*id);
  }
  if (!named.empty()) return ids;
  const auto calls = list_calls(client, options);
  if (!calls) return std::unexpected(calls.error());
  for (const nlohmann::json& call : *calls) ids.push_back(text_of(call, "call_id"));
  return ids;
}

CliResult<int> list(const ApiOptions& api, const std::vector<std::string>& named,
                    const CallListOptions& options, bool json) {
  auto client = ApiClient::create(api);
  if (!client) return std::unexpected(client.error());
  const auto ids = call_ids(*client, named, options);
  if (!ids) return std::unexpected(ids.error());
  nlohmann::json recordings = nlohmann::json::array();
  for (const std::string& id : *ids) {
    const auto body = client->get("/v1/calls/" + url_encode(id));
    if (!body) return std::unexpected(body.error());
    const auto call = parse_answer(*body);
    if (!call) return std::unexpected(call.error());
    if (!call->contains("recordings")) continue;
    for (const nlohmann::json& recording : call->at("recordings")) recordings.push_back(recording);
  }
  if (json) {
    fmt::print("{}\n", nlohmann::json{{"recordings", recordings}}.dump(1));
    return kExitOk;
  }
  Table table({"recording_id", "call_id", "started", "ended", "state", "packets", "expires"});
  for (const nlohmann::json& recording : recordings) {
    table.row({text_of(recording, "recording_id"), text_of(recording, "call_id"),
               text_of(recording, "started_at"), text_of(recording, "ended_at"),
               text_of(recording, "state"), text_of(recording, "packets"),
               text_of(recording, "expires_on")});
  }
  fmt::print("{}", table.text());
  return kExitOk;
}

}  // namespace

void add_recordings(CLI::App& application, Action& chosen) {
  auto* command = application.add_subcommand(
      "recordings", "List the recordings of calls: of those named, or of the newest ones");
  auto api = std::make_shared<ApiOptions>();
  auto named = std::make_shared<std::vector<std::string>>();
  auto options = std::make_shared<CallListOptions>();
  auto json = std::make_shared<bool>(false);
  command->add_option("calls", *named, "Ids of calls")->type_name("CALL_ID");
  add_call_list_options(*command, *options);
  command->add_flag("--json", *json, "Print JSON as the API gives it");
  add_api_options(*command, *api);
  command->callback([api, named, options, json, &chosen] {
    chosen = [api, named, options, json] { return list(*api, *named, *options, *json); };
  });
}

}  // namespace opptak::control::cli
