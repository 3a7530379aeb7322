// opptak export: takes a recording's audio out of the gateway, over the API.
#include <memory>
#include <string>

#include <fmt/format.h>

#include "control/cli/api_client.h"
#include "control/cli/api_text.h"
#include "control/cli/commands.h"
#include "control/cli/replay_export.h"

namespace opptak::control::cli {
namespace {

CliResult<int> export_audio(const ApiOptions& api, const std::string& recording,
                            const std::string& output) {
  const auto id = checked_uuid(recording, "recording");
  if (!id) return std::unexpected(id.error());
  auto client = ApiClient::create(api);
  if (!client) return std::unexpected(client.error());
  const auto wav = client->get("/v1/recordings/" + *id + "/audio?format=wav");
  if (!wav) return std::unexpected(wav.error());
  const std::string file = output.empty() ? *id + ".wav" : output;
  const auto written =
      write_private_file(file, {reinterpret_cast<const std::uint8_t*>(wav->data()), wav->size()});
  if (!written) return std::unexpected(written.error());
  fmt::print("{}\n", file);
  return kExitOk;
}

}  // namespace

void add_export(CLI::App& application, Action& chosen) {
  auto* command = application.add_subcommand("export", "Save a recording's audio as a WAV file");
  command->footer(
      "The file is a copy outside of the gateway: erasing the recording does not erase it.");
  auto api = std::make_shared<ApiOptions>();
  auto recording = std::make_shared<std::string>();
  auto output = std::make_shared<std::string>();
  command->add_option("recording", *recording, "Id of the recording")
      ->type_name("RECORDING_ID")
      ->required();
  command->add_option("--output", *output, "File to write; RECORDING_ID.wav unless given")
      ->type_name("FILE");
  add_api_options(*command, *api);
  command->callback([api, recording, output, &chosen] {
    chosen = [api, recording, output] { return export_audio(*api, *recording, *output); };
  });
}

}  // namespace opptak::control::cli
