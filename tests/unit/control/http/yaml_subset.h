// Reads the part of YAML that docs/openapi.yaml is written in: block mappings and sequences, flow
// collections on one line, plain and single-quoted scalars, folded text (">-"). Anything else is
// an error, so that nothing is read as something that it is not.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace opptak::control::http::test {

// The error names the line.
[[nodiscard]] std::expected<nlohmann::json, std::string> parse_yaml_subset(std::string_view text);

}  // namespace opptak::control::http::test
