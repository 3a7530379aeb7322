#include "control/cli/configuration.h"

#include <array>
#include <cstdint>

#include <fmt/format.h>

namespace opptak::control::cli {

void add_config_option(CLI::App& command, std::string& file) {
  file = kDefaultConfig;
  command.add_option("--config", file, "Configuration file")
      ->type_name("FILE")
      ->capture_default_str();
}

CliResult<storage::Settings> read_configuration(const std::string& file) {
  auto settings = storage::load_settings(file);
  if (!settings) return fail(std::move(settings.error().message));
  return std::move(*settings);
}

std::string page_address(const storage::ControlSettings& control) {
  Endpoint shown = control.listen;
  constexpr std::array<std::uint8_t, 4> kAnyIpv4{};
  const bool any = shown.address == IpAddress{} || shown.address == map_ipv4(kAnyIpv4.data());
  const char* scheme = control.tls_certificate.empty() ? "http" : "https";
  if (any) return fmt::format("{}://localhost:{}/", scheme, shown.port);
  return fmt::format("{}://{}/", scheme, to_string(shown));
}

}  // namespace opptak::control::cli
