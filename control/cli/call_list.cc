#include "control/cli/call_list.h"

#include <algorithm>

#include <fmt/format.h>

#include "control/cli/api_text.h"

namespace opptak::control::cli {
namespace {

constexpr std::size_t kPageMax = 500;

// As the API names its filters; a number stands in a body, never in a path or query.
nlohmann::json filters_of(const CallListOptions& options) {
  nlohmann::json filters = nlohmann::json::object();
  const auto add = [&filters](const char* name, const std::string& value) {
    if (!value.empty()) filters[name] = value;
  };
  add("client", options.client);
  add("campaign", options.campaign);
  add("state", options.state);
  add("started_from", options.from);
  add("started_to", options.to);
  add("number", options.number);
  return filters;
}

CliResult<std::string> ask(ApiClient& client, const nlohmann::json& filters) {
  if (filters.contains("number")) return client.post("/v1/calls/search", filters.dump());
  std::string path = "/v1/calls";
  char separator = '?';
  for (const auto& [name, value] : filters.items()) {
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    path += fmt::format("{}{}={}", separator, name, url_encode(text));
    separator = '&';
  }
  return client.get(path);
}

}  // namespace

void add_call_list_options(CLI::App& command, CallListOptions& options) {
  command.add_option("--client", options.client, "Only calls of this client");
  command.add_option("--campaign", options.campaign, "Only calls of this campaign");
  command.add_option("--state", options.state, "Only calls in this state")
      ->check(CLI::IsMember(
          {"in_progress", "recorded", "suppressed", "partial", "missed", "no_media"}));
  command.add_option("--from", options.from, "Only calls that started then or later (RFC 3339)")
      ->type_name("TIME");
  command.add_option("--to", options.to, "Only calls that started before (RFC 3339)")
      ->type_name("TIME");
  command.add_option("--number", options.number, "Only calls from or to this number");
  command.add_option("--limit", options.limit, "At most so many calls")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
}

CliResult<std::vector<nlohmann::json>> list_calls(ApiClient& client,
                                                  const CallListOptions& options) {
  std::vector<nlohmann::json> calls;
  nlohmann::json filters = filters_of(options);
  for (;;) {
    filters["limit"] = std::min(options.limit - calls.size(), kPageMax);
    const auto body = ask(client, filters);
    if (!body) return std::unexpected(body.error());
    const auto page = parse_answer(*body);
    if (!page) return std::unexpected(page.error());
    if (!page->contains("calls") || !page->at("calls").is_array()) return calls;
    for (const nlohmann::json& call : page->at("calls")) calls.push_back(call);
    const std::string cursor = text_of(*page, "next_cursor");
    if (cursor == "-" || calls.size() >= options.limit) return calls;
    filters["cursor"] = cursor;
  }
}

}  // namespace opptak::control::cli
