// The configuration file as commands take it. One thread.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "control/cli/failure.h"
#include "storage/settings/settings.h"

namespace opptak::control::cli {

inline constexpr const char* kDefaultConfig = "/etc/opptak/opptak.toml";

// Adds --config; `file` must outlive the parse.
void add_config_option(CLI::App& command, std::string& file);

[[nodiscard]] CliResult<storage::Settings> read_configuration(const std::string& file);

// Where the page is: "http://127.0.0.1:8080/".
[[nodiscard]] std::string page_address(const storage::ControlSettings& control);

}  // namespace opptak::control::cli
