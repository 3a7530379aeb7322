// Small pieces that the commands over the API share. Pure.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "control/cli/failure.h"

namespace opptak::control::cli {

// The gateway's answer as JSON.
[[nodiscard]] CliResult<nlohmann::json> parse_answer(const std::string& body);

// A field as text for a table: "-" where it is null or missing.
[[nodiscard]] std::string text_of(const nlohmann::json& object, const char* field);

// An id as the command line gave it, checked before it goes into a path.
[[nodiscard]] CliResult<std::string> checked_uuid(const std::string& text, std::string_view what);

}  // namespace opptak::control::cli
