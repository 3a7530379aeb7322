#include "control/policy/policy.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace opptak::control {
namespace {

constexpr std::int64_t kSecondsPerDay = 86'400;

Mode mode_of(storage::RecordingMode mode) noexcept {
  switch (mode) {
    case storage::RecordingMode::kAutomatic:
      return Mode::kAutomatic;
    case storage::RecordingMode::kManual:
      return Mode::kManual;
    case storage::RecordingMode::kOff:
      break;
  }
  return Mode::kOff;
}

std::uint32_t shorter_days(const ClientRow& client) noexcept {
  return std::min(client.retention_days_sale, client.retention_days_other);
}

}  // namespace

std::string_view name_of(PolicyRule rule) noexcept {
  switch (rule) {
    case PolicyRule::kHeader:
      return "header";
    case PolicyRule::kUnknownHeader:
      return "unknown_header";
    case PolicyRule::kCalledNumber:
      return "called_number";
    case PolicyRule::kCallingNumber:
      return "calling_number";
    case PolicyRule::kDefault:
      break;
  }
  return "default";
}

Policy::Policy(const std::vector<ClientRow>& clients, const std::vector<CampaignRow>& campaigns,
               PolicyDefaults defaults)
    : campaigns_(campaigns), defaults_(std::move(defaults)) {
  for (const ClientRow& client : clients) clients_.insert_or_assign(client.id, client);
  for (std::size_t i = 0; i < campaigns_.size(); ++i) {
    campaign_by_id_.insert_or_assign(campaigns_[i].id, i);
    for (const std::string& number : campaigns_[i].numbers) {
      const bool prefix = number.ends_with('*');
      patterns_.push_back({number.substr(0, number.size() - (prefix ? 1 : 0)), prefix, i});
    }
  }
  // An exact number is longer than any prefix that also matches it, or equal: then it comes first.
  // Campaigns that claim the same pattern: the first by id, so that the outcome does not depend on
  // the order of the rows.
  std::ranges::sort(patterns_, [this](const Pattern& a, const Pattern& b) {
    if (a.number.size() != b.number.size()) return a.number.size() > b.number.size();
    if (a.prefix != b.prefix) return !a.prefix;
    return campaigns_[a.campaign].id < campaigns_[b.campaign].id;
  });
}

const CampaignRow* Policy::match_number(std::string_view number) const {
  if (number.empty()) return nullptr;  // An anonymous caller matches nothing, not even "*".
  for (const Pattern& pattern : patterns_) {
    const bool matches =
        pattern.prefix ? number.starts_with(pattern.number) : number == pattern.number;
    if (matches) return &campaigns_[pattern.campaign];
  }
  return nullptr;
}

std::uint32_t Policy::shortest_days(std::string_view client) const {
  if (const auto found = clients_.find(client); found != clients_.end()) {
    return shorter_days(found->second);
  }
  if (clients_.empty()) return 0;
  const auto shortest = std::ranges::min_element(
      clients_, {}, [](const auto& entry) { return shorter_days(entry.second); });
  return shorter_days(shortest->second);
}

std::uint32_t Policy::sale_retention_days(std::string_view client) const {
  const auto found = clients_.find(client);
  return found == clients_.end() ? shortest_days(client) : found->second.retention_days_sale;
}

Decision Policy::of_campaign(const CampaignRow& campaign, PolicyRule rule) const {
  Decision decision;
  decision.client = campaign.client;
  decision.campaign = campaign.id;
  decision.mode = campaign.mode;
  decision.rule = rule;
  decision.pre_roll_seconds = campaign.pre_roll_seconds;
  const auto client = clients_.find(campaign.client);
  decision.retention_days = client == clients_.end() ? shortest_days(campaign.client)
                                                     : client->second.retention_days_other;
  return decision;
}

Decision Policy::decide(const CallFacts& facts) const {
  const auto by_rules = [&]() -> Decision {
    if (facts.campaign_header && !facts.campaign_header->empty()) {
      const auto named = campaign_by_id_.find(*facts.campaign_header);
      if (named != campaign_by_id_.end()) {
        return of_campaign(campaigns_[named->second], PolicyRule::kHeader);
      }
      Decision decision;
      decision.campaign = std::string(*facts.campaign_header);
      decision.rule = PolicyRule::kUnknownHeader;
      return decision;
    }
    if (const CampaignRow* called = match_number(facts.called_number)) {
      return of_campaign(*called, PolicyRule::kCalledNumber);
    }
    if (const CampaignRow* calling = match_number(facts.calling_number)) {
      return of_campaign(*calling, PolicyRule::kCallingNumber);
    }
    return {};
  };
  Decision decision = by_rules();
  if (decision.rule == PolicyRule::kUnknownHeader || decision.rule == PolicyRule::kDefault) {
    decision.client = defaults_.client;
    decision.mode = defaults_.mode;
    decision.retention_days = shortest_days(defaults_.client);
  }
  decision.rule_name = name_of(decision.rule);
  if (defaults_.mode_override) {
    decision.mode = *defaults_.mode_override;
    decision.rule_name = "replay";
  }
  return decision;
}

PolicyDefaults policy_defaults(const storage::PolicySettings& settings) {
  PolicyDefaults defaults{settings.default_client, mode_of(settings.default_mode), std::nullopt};
  if (settings.mode_override) defaults.mode_override = mode_of(*settings.mode_override);
  return defaults;
}

std::vector<ClientRow> client_rows(const storage::Settings& settings) {
  std::vector<ClientRow> rows;
  for (const auto& client : settings.clients) {
    rows.push_back(
        {client.id, client.name, client.retention_days_sale, client.retention_days_other});
  }
  return rows;
}

std::vector<CampaignRow> campaign_rows(const storage::Settings& settings) {
  std::vector<CampaignRow> rows;
  for (const auto& campaign : settings.campaigns) {
    rows.push_back({campaign.id, campaign.client, mode_of(campaign.mode), campaign.pre_roll_seconds,
                    campaign.numbers});
  }
  return rows;
}

std::uint32_t expiry_day(UnixNs started_at, std::uint32_t retention_days) noexcept {
  constexpr std::uint64_t kDayMax = std::numeric_limits<std::uint32_t>::max();
  const std::int64_t day =
      std::max<std::int64_t>(started_at.value, 0) / kNsPerSecond / kSecondsPerDay;
  return static_cast<std::uint32_t>(
      std::min(static_cast<std::uint64_t>(day) + retention_days, kDayMax));
}

}  // namespace opptak::control
