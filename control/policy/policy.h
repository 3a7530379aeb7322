// Which client and campaign a call belongs to, whether it is recorded, and how long it is kept.
// Pure: a Policy is a value built from clients and campaigns; a change makes a new one. A call
// keeps the decision it got, whatever changes later.
//
// First match wins: the campaign header, the called number, the calling number (longest pattern
// first), the default. Retention fails closed (G5): of a known campaign, `other` applies until a
// sale is registered; without a known campaign, the client's shortest period; without a known
// client, the shortest period of any client, and 0 days where there is none.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/catalogue/rows.h"
#include "storage/settings/settings.h"

namespace opptak::control {

// What is known of a call when it is decided. Borrowed for the call.
struct CallFacts {
  std::optional<std::string_view> campaign_header;
  std::string_view called_number;   // User part of the Request-URI, or of To.
  std::string_view calling_number;  // User part of From.
};

enum class PolicyRule : std::uint8_t {
  kHeader,         // The header names a configured campaign.
  kUnknownHeader,  // The header names none: default client and mode, the value is kept.
  kCalledNumber,
  kCallingNumber,
  kDefault,
};

// "header", "unknown_header", "called_number", "calling_number", "default"; with a mode override
// "replay" is what CallRow::policy_rule says, see Decision::rule_name.
[[nodiscard]] std::string_view name_of(PolicyRule rule) noexcept;

struct Decision {
  std::string client;
  std::optional<std::string> campaign;  // As the header or the rule named it.
  Mode mode = Mode::kOff;
  PolicyRule rule = PolicyRule::kDefault;
  std::string rule_name;  // For CallRow::policy_rule.
  std::uint32_t pre_roll_seconds = 0;
  std::uint32_t retention_days = 0;  // Until a sale is registered.
};

struct PolicyDefaults {
  std::string client = "unassigned";
  Mode mode = Mode::kOff;
  std::optional<Mode> mode_override;  // Beats every campaign's mode; nothing else changes.
};

class Policy {
 public:
  Policy(const std::vector<ClientRow>& clients, const std::vector<CampaignRow>& campaigns,
         PolicyDefaults defaults);

  [[nodiscard]] Decision decide(const CallFacts& facts) const;

  // Days for a recording of `client` once a sale was registered; fails closed like decide().
  [[nodiscard]] std::uint32_t sale_retention_days(std::string_view client) const;

 private:
  struct Pattern {
    std::string number;  // Without the '*'.
    bool prefix;
    std::size_t campaign;  // Index into campaigns_.
  };
  [[nodiscard]] const CampaignRow* match_number(std::string_view number) const;
  [[nodiscard]] std::uint32_t shortest_days(std::string_view client) const;
  [[nodiscard]] Decision of_campaign(const CampaignRow& campaign, PolicyRule rule) const;

  std::map<std::string, ClientRow, std::less<>> clients_;
  std::vector<CampaignRow> campaigns_;
  std::map<std::string, std::size_t, std::less<>> campaign_by_id_;
  std::vector<Pattern> patterns_;  // Longest first; exact before prefix of the same length.
  PolicyDefaults defaults_;
};

[[nodiscard]] PolicyDefaults policy_defaults(const storage::PolicySettings& settings);

// The file's clients and campaigns as rows. Control upserts them into the catalogue at every
// start: for what the file names the file wins, the API may add and change others.
[[nodiscard]] std::vector<ClientRow> client_rows(const storage::Settings& settings);
[[nodiscard]] std::vector<CampaignRow> campaign_rows(const storage::Settings& settings);

// The last day on which a recording of a call started at `started_at` is kept, in days since
// 1970-01-01. Days end at midnight UTC: 0 retention days is the day of the call itself.
[[nodiscard]] std::uint32_t expiry_day(UnixNs started_at, std::uint32_t retention_days) noexcept;

}  // namespace opptak::control
