// opptak erase: erases a recording, over the API, and prints the signed receipt.
#include <memory>
#include <string>

#include <fmt/format.h>

#include "control/cli/api_client.h"
#include "control/cli/api_text.h"
#include "control/cli/commands.h"

namespace opptak::control::cli {
namespace {

CliResult<int> erase(const ApiOptions& api, const std::string& recording) {
  const auto id = checked_uuid(recording, "recording");
  if (!id) return std::unexpected(id.error());
  auto client = ApiClient::create(api);
  if (!client) return std::unexpected(client.error());
  const auto receipt = client->remove("/v1/recordings/" + *id);
  if (!receipt) return std::unexpected(receipt.error());
  // Byte for byte as it came: the signature is over these bytes.
  fmt::print("{}{}", *receipt, receipt->ends_with('\n') ? "" : "\n");
  return kExitOk;
}

}  // namespace

void add_erase(CLI::App& application, Action& chosen) {
  auto* command = application.add_subcommand(
      "erase", "Erase a recording for good and print the signed receipt");
  command->footer("Keep the receipt: `opptak verify receipt FILE` checks it without the gateway.");
  auto api = std::make_shared<ApiOptions>();
  auto recording = std::make_shared<std::string>();
  command->add_option("recording", *recording, "Id of the recording")
      ->type_name("RECORDING_ID")
      ->required();
  add_api_options(*command, *api);
  command->callback(
      [api, recording, &chosen] { chosen = [api, recording] { return erase(*api, *recording); }; });
}

}  // namespace opptak::control::cli
