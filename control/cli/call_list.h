// Asks the API for calls, page after page. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "control/cli/api_client.h"
#include "control/cli/failure.h"

namespace opptak::control::cli {

struct CallListOptions {
  std::string client;
  std::string campaign;
  std::string state;
  std::string from;    // RFC 3339: calls that started then or later.
  std::string to;      // RFC 3339: calls that started before.
  std::string number;  // Whole user part of From or To.
  std::size_t limit = 50;
};

void add_call_list_options(CLI::App& command, CallListOptions& options);

// Newest first, at most options.limit.
[[nodiscard]] CliResult<std::vector<nlohmann::json>> list_calls(ApiClient& client,
                                                                const CallListOptions& options);

}  // namespace opptak::control::cli
