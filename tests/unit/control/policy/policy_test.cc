#include "control/policy/policy.h"

#include <algorithm>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace opptak::control {
namespace {

const std::vector<ClientRow> kClients{{"acme", "ACME", 1095, 30}, {"nord", "Nord", 10, 20}};

CampaignRow campaign(std::string id, std::string client, Mode mode,
                     std::vector<std::string> numbers = {}) {
  return {std::move(id), std::move(client), mode, 7, std::move(numbers)};
}

const std::vector<CampaignRow> kCampaigns{
    campaign("spring", "acme", Mode::kAutomatic, {"+4790*", "+4790123456"}),
    campaign("winter", "nord", Mode::kManual, {"+47*", "+47901*"}),
    campaign("lost", "nobody", Mode::kAutomatic),
};

Policy policy(PolicyDefaults defaults = {"nord", Mode::kOff, std::nullopt}) {
  return {kClients, kCampaigns, std::move(defaults)};
}

TEST(Policy, HeaderComesBeforeNumbers) {
  const Decision decision = policy().decide({"winter", "+4790123456", "+4790123456"});
  EXPECT_EQ(decision.client, "nord");
  EXPECT_EQ(decision.campaign, "winter");
  EXPECT_EQ(decision.mode, Mode::kManual);
  EXPECT_EQ(decision.rule, PolicyRule::kHeader);
  EXPECT_EQ(decision.rule_name, "header");
  EXPECT_EQ(decision.pre_roll_seconds, 7U);
  EXPECT_EQ(decision.retention_days, 20U);  // `other`, though `sale` is shorter.
}

// The dialler said a campaign that is not configured: its word is kept, and numbers do not guess.
TEST(Policy, UnknownHeaderFallsToTheDefaults) {
  const Decision decision = policy().decide({"summer", "+4790123456", ""});
  EXPECT_EQ(decision.client, "nord");
  EXPECT_EQ(decision.campaign, "summer");
  EXPECT_EQ(decision.mode, Mode::kOff);
  EXPECT_EQ(decision.rule, PolicyRule::kUnknownHeader);
  EXPECT_EQ(decision.pre_roll_seconds, 0U);
  EXPECT_EQ(decision.retention_days, 10U);  // Shortest of the client.
}

TEST(Policy, EmptyHeaderIsNoHeader) {
  EXPECT_EQ(policy().decide({"", "+4790999999", ""}).rule, PolicyRule::kCalledNumber);
}

TEST(Policy, LongestNumberWins) {
  EXPECT_EQ(policy().decide({{}, "+4790123456", ""}).campaign, "spring");   // Exact.
  EXPECT_EQ(policy().decide({{}, "+4790123457", ""}).campaign, "winter");   // +47901*.
  EXPECT_EQ(policy().decide({{}, "+4790223457", ""}).campaign, "spring");   // +4790*.
  EXPECT_EQ(policy().decide({{}, "+4722334455", ""}).campaign, "winter");   // +47*.
  EXPECT_EQ(policy().decide({{}, "+47901234567", ""}).campaign, "winter");  // Exact is not prefix.
}

TEST(Policy, CalledNumberComesBeforeCallingNumber) {
  const Decision called = policy().decide({{}, "+4722334455", "+4790123456"});
  EXPECT_EQ(called.rule_name, "called_number");
  EXPECT_EQ(called.campaign, "winter");
  const Decision calling = policy().decide({{}, "1001", "+4790123456"});
  EXPECT_EQ(calling.rule_name, "calling_number");
  EXPECT_EQ(calling.campaign, "spring");
}

TEST(Policy, NothingMatchesIsTheDefault) {
  const Decision decision = policy().decide({{}, "1001", ""});
  EXPECT_EQ(decision.rule_name, "default");
  EXPECT_EQ(decision.client, "nord");
  EXPECT_FALSE(decision.campaign);
  EXPECT_EQ(decision.mode, Mode::kOff);
}

TEST(Policy, OverrideChangesTheModeOnly) {
  const Policy overridden = policy({"nord", Mode::kOff, Mode::kAutomatic});
  const Decision decision = overridden.decide({"winter", "", ""});
  EXPECT_EQ(decision.mode, Mode::kAutomatic);
  EXPECT_EQ(decision.campaign, "winter");
  EXPECT_EQ(decision.client, "nord");
  EXPECT_EQ(decision.rule, PolicyRule::kHeader);
  EXPECT_EQ(decision.rule_name, "replay");
  EXPECT_EQ(overridden.decide({}).mode, Mode::kAutomatic);
}

// G5: whoever is not known gets the shortest period there is.
TEST(Policy, RetentionFailsClosed) {
  EXPECT_EQ(policy().decide({"lost", "", ""}).retention_days, 10U);  // Client not configured.
  EXPECT_EQ(policy({"who", Mode::kOff, {}}).decide({}).retention_days, 10U);
  EXPECT_EQ(Policy({}, {}, {}).decide({}).retention_days, 0U);
  EXPECT_EQ(policy().decide({"spring", "", ""}).retention_days, 30U);
  EXPECT_EQ(policy().sale_retention_days("acme"), 1095U);
  EXPECT_EQ(policy().sale_retention_days("who"), 10U);
}

TEST(Policy, ExpiryIsTheEndOfAUtcDay) {
  constexpr std::int64_t kDayNs = 86'400 * kNsPerSecond;
  EXPECT_EQ(expiry_day({20'000 * kDayNs}, 0), 20'000U);
  EXPECT_EQ(expiry_day({20'001 * kDayNs - 1}, 0), 20'000U);
  EXPECT_EQ(expiry_day({20'001 * kDayNs}, 30), 20'031U);
  EXPECT_EQ(expiry_day({0}, 1), 1U);
  EXPECT_EQ(expiry_day({-5}, 0), 0U);
  EXPECT_EQ(expiry_day({20'000 * kDayNs}, 0xffffffff), 0xffffffffU);  // Never wraps to earlier.
}

TEST(Policy, TakesRowsFromTheConfiguration) {
  const auto settings = storage::load_settings_text(
      "[policy]\ndefault_client = \"acme\"\ndefault_mode = \"manual\"\nmode_override = \"off\"\n"
      "[[client]]\nid = \"acme\"\nretention_days_sale = 5\nretention_days_other = 6\n"
      "[[campaign]]\nid = \"spring\"\nclient = \"acme\"\nmode = \"manual\"\n"
      "pre_roll_seconds = 3\nnumbers = [\"+47*\"]\n");
  ASSERT_TRUE(settings) << settings.error().message;
  const auto clients = client_rows(*settings);
  const auto campaigns = campaign_rows(*settings);
  ASSERT_EQ(clients.size(), 1U);
  EXPECT_EQ(clients[0].name, "acme");
  EXPECT_EQ(clients[0].retention_days_other, 6U);
  ASSERT_EQ(campaigns.size(), 1U);
  EXPECT_EQ(campaigns[0].mode, Mode::kManual);
  EXPECT_EQ(campaigns[0].numbers, std::vector<std::string>{"+47*"});
  const PolicyDefaults defaults = policy_defaults(settings->policy);
  EXPECT_EQ(defaults.client, "acme");
  EXPECT_EQ(defaults.mode, Mode::kManual);
  EXPECT_EQ(defaults.mode_override, Mode::kOff);
}

// Goal: numbers decide as written down: the longest pattern that matches, an exact one first, then
// the campaign's id; whatever the order of the rows. Method: random patterns against a search
// through all of them.
TEST(Policy, AgreesWithASearchThroughAllPatterns) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto digits = [&](std::size_t most) {
    std::string out;
    const std::size_t count = random() % (most + 1);
    for (std::size_t i = 0; i < count; ++i) out += static_cast<char>('0' + random() % 2);
    return out;
  };
  for (int round = 0; round < 200; ++round) {
    std::vector<CampaignRow> rows;
    for (int i = 0; i < 8; ++i) {
      CampaignRow row = campaign("c" + std::to_string(i), "acme", Mode::kAutomatic);
      for (int n = 0; n < 3; ++n) row.numbers.push_back(digits(4) + (random() % 2 ? "*" : "1"));
      rows.push_back(row);
    }
    std::ranges::shuffle(rows, random);
    const Policy shuffled(kClients, rows, {});
    for (int call = 0; call < 20; ++call) {
      const std::string number = digits(6);
      const CampaignRow* best = nullptr;
      std::size_t best_rank = 0;
      for (const CampaignRow& row : rows) {
        for (const std::string& pattern : row.numbers) {
          const bool prefix = pattern.back() == '*';
          const std::string body = prefix ? pattern.substr(0, pattern.size() - 1) : pattern;
          const bool matches = prefix ? number.starts_with(body) : number == body;
          if (!matches || number.empty()) continue;
          const std::size_t rank = 2 * body.size() + (prefix ? 1 : 2);
          if (rank > best_rank || (rank == best_rank && best != nullptr && row.id < best->id)) {
            best = &row;
            best_rank = rank;
          }
        }
      }
      const Decision decision = shuffled.decide({{}, number, {}});
      EXPECT_EQ(decision.campaign, best ? std::optional(best->id) : std::nullopt) << number;
    }
  }
}

}  // namespace
}  // namespace opptak::control
