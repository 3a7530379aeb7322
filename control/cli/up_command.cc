// opptak up: starts the gateway and keeps it running.
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "control/cli/commands.h"
#include "control/cli/configuration.h"
#include "control/cli/programs.h"
#include "control/cli/supervisor.h"

namespace opptak::control::cli {
namespace {

CliResult<void> make_runtime_directory(const std::filesystem::path& directory) {
  std::error_code error;
  if (!std::filesystem::create_directories(directory, error) || error) {
    if (!error && std::filesystem::is_directory(directory, error)) return {};
    return fail(
        fmt::format("The runtime directory {} cannot be made: {}; set "
                    "control.runtime_directory to a place that you may write to.",
                    directory.string(), error.message()));
  }
  // The socket in it gives access to the dataplane.
  std::filesystem::permissions(directory, std::filesystem::perms::owner_all, error);
  return {};
}

CliResult<int> up(const std::string& config) {
  const auto settings = read_configuration(config);
  if (!settings) return std::unexpected(settings.error());
  if (auto made = make_runtime_directory(settings->control.runtime_directory); !made) {
    return std::unexpected(made.error());
  }
  auto supervisor =
      Supervisor::create({.programs = programs_directory(), .config = config, .until_done = false});
  if (!supervisor) return std::unexpected(supervisor.error());
  const auto ran = supervisor->run([&settings] {
    fmt::print("Opptak is starting; its page is at {} (Ctrl-C stops it)\n",
               page_address(settings->control));
    std::fflush(stdout);
  });
  if (!ran) return std::unexpected(ran.error());
  fmt::print("Opptak has stopped.\n");
  return kExitOk;
}

}  // namespace

void add_up(CLI::App& application, Action& chosen) {
  auto* command = application.add_subcommand(
      "up", "Start the gateway and keep it running until Ctrl-C or SIGTERM");
  command->footer(
      "Starts opptak-dataplane and opptak-control from the folder of this program and starts\n"
      "either again when it dies. Both end when this program ends, also when it is killed.");
  auto config = std::make_shared<std::string>();
  add_config_option(*command, *config);
  command->callback([config, &chosen] { chosen = [config] { return up(*config); }; });
}

}  // namespace opptak::control::cli
