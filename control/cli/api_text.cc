#include "control/cli/api_text.h"

#include <fmt/format.h>

#include "storage/base/ids.h"

namespace opptak::control::cli {

CliResult<nlohmann::json> parse_answer(const std::string& body) {
  auto answer = nlohmann::json::parse(body, nullptr, false);
  if (!answer.is_object()) {
    return fail("The gateway's answer is not understood: use programs of one version.");
  }
  return answer;
}

std::string text_of(const nlohmann::json& object, const char* field) {
  if (!object.is_object() || !object.contains(field) || object[field].is_null()) return "-";
  const nlohmann::json& value = object[field];
  return value.is_string() ? value.get<std::string>() : value.dump();
}

CliResult<std::string> checked_uuid(const std::string& text, std::string_view what) {
  const auto bytes = parse_uuid(text);
  if (bytes) return format_uuid(*bytes);
  return fail(
      fmt::format("\"{}\" is no {} id: give one as `opptak {}s` lists them.", text, what, what),
      kExitUsage);
}

}  // namespace opptak::control::cli
