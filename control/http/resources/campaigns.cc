#include <algorithm>

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "control/catalogue/names.h"
#include "control/http/body.h"
#include "control/http/resources/resources.h"
#include "control/http/rows_json.h"

namespace opptak::control::http {

namespace {

constexpr std::size_t kNumbersMax = 1000;
constexpr std::size_t kNumberBytesMax = 66;

// "+" at most in front, "*" at most at the end, and letters, digits, ".", "_" and "-" between.
bool is_number_pattern(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  if (text.ends_with('*')) text.remove_suffix(1);
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '_' || c == '-';
  });
}

CatalogueResult<std::optional<CampaignRow>> find(Context& context, std::string_view id) {
  auto reader = context.readers.take();
  if (!reader) return std::unexpected(std::move(reader.error()));
  auto campaigns = (**reader).campaigns();
  if (!campaigns) return std::unexpected(std::move(campaigns.error()));
  const auto found = std::ranges::find(*campaigns, id, &CampaignRow::id);
  if (found == campaigns->end()) return std::nullopt;
  return std::move(*found);
}

std::expected<CampaignRow, Response> from_body(const Context& context) {
  CampaignRow campaign;
  campaign.id = context.captures.front();
  Body body(context.request);
  campaign.client = body.text("client", 1, 64);
  const auto mode = parse_mode(body.text("mode", 1, 16));
  campaign.pre_roll_seconds = body.optional_integer("pre_roll_seconds", 0, 60).value_or(0);
  campaign.numbers = body.optional_texts("numbers", kNumbersMax, kNumberBytesMax);
  if (!storage::is_slug(campaign.client)) body.refuse("client", "is not the id of a client");
  if (!mode) body.refuse("mode", "can be automatic, manual or off");
  if (!std::ranges::all_of(campaign.numbers, is_number_pattern)) {
    body.refuse("numbers", "holds something that is neither a number nor a prefix with a star");
  }
  if (auto fault = body.fault()) return std::unexpected(std::move(*fault));
  campaign.mode = *mode;
  return campaign;
}

}  // namespace

Response list_campaigns(Context& context) {
  std::optional<std::string_view> wanted;
  for (const auto& [name, value] : context.url.query) {
    if (name != "client") return problem(400, "The only parameter here is `client`.");
    if (!storage::is_slug(value)) return problem(400, "`client` is not the id of a client.");
    wanted = value;
  }
  if (wanted && !context.may(*wanted)) return not_found();
  auto reader = context.readers.take();
  if (!reader) return catalogue_problem(reader.error());
  auto campaigns = (**reader).campaigns();
  if (!campaigns) return catalogue_problem(campaigns.error());
  Json json;
  json["campaigns"] = Json::array();
  for (const CampaignRow& campaign : *campaigns) {
    if (!context.may(campaign.client) || (wanted && campaign.client != *wanted)) continue;
    json["campaigns"].push_back(campaign_json(campaign));
  }
  return json_response(to_text(json));
}

Response get_campaign(Context& context) {
  const auto campaign = find(context, context.captures.front());
  if (!campaign) return catalogue_problem(campaign.error());
  if (!*campaign || !context.may((*campaign)->client)) return not_found();
  return json_response(to_text(campaign_json(**campaign)));
}

Response put_campaign(Context& context) {
  if (!storage::is_slug(context.captures.front())) return not_found();
  const auto existing = find(context, context.captures.front());
  if (!existing) return catalogue_problem(existing.error());
  if (*existing && !context.may((*existing)->client)) return not_found();
  const auto campaign = from_body(context);
  if (!campaign) return campaign.error();
  if (!context.may(campaign->client)) return not_found();
  if (*existing && (*existing)->client != campaign->client) {
    return problem(409, "A campaign keeps its client: its calls belong to it.");
  }
  if (const auto done = context.parts.service.put_campaign(*campaign); !done) {
    return service_problem(done.error());
  }
  spdlog::info("audit put_campaign principal={} campaign={}", context.principal->id, campaign->id);
  return json_response(to_text(campaign_json(*campaign)));
}

}  // namespace opptak::control::http
