#include "control/access/principal.h"

#include <map>
#include <sstream>

#include <gtest/gtest.h>

namespace opptak::control {
namespace {

// The table as the design words it, written down a second time: o own, c client, a all, - none.
// Columns: seller, supervisor, client_admin, data_protection_officer, operator, dialler.
const std::map<Action, std::string> kExpected{
    {Action::kViewCalls, "occc--"},           {Action::kPlayRecording, "occc--"},
    {Action::kControlRecording, "occ--c"},    {Action::kRegisterEvent, "occ--c"},
    {Action::kAnnounceCall, "-----c"},        {Action::kEraseRecording, "--cc--"},
    {Action::kShareRecording, "--c---"},      {Action::kViewConfiguration, "-cccc-"},
    {Action::kChangeConfiguration, "--c---"}, {Action::kViewReports, "-cccc-"},
    {Action::kHoldRecording, "---c--"},       {Action::kExportSubject, "---c--"},
    {Action::kEraseSubject, "---c--"},        {Action::kReadAudit, "---c--"},
    {Action::kManageAccounts, "--c---"},      {Action::kViewSystem, "----a-"},
};

Principal principal(Role role, std::optional<std::string> client) {
  return {"acc_1", role, std::move(client), role == Role::kSeller ? "kari" : ""};
}

// Goal: every cell of the table, for principals of one client and of all, on one's own client and
// agent, another's, and the whole system.
TEST(Allowed, FollowsTheTableInEveryCell) {
  ASSERT_EQ(kExpected.size(), 16U);
  for (const auto& [action, row] : kExpected) {
    for (std::size_t column = 0; column < kRoles.size(); ++column) {
      SCOPED_TRACE(testing::Message()
                   << "action " << static_cast<int>(action) << " role " << name_of(kRoles[column]));
      const char cell = row[column];
      const Principal everywhere = principal(kRoles[column], std::nullopt);
      const Principal limited = principal(kRoles[column], "acme");
      EXPECT_EQ(allowed(everywhere, action, {"acme", "kari"}), cell != '-');
      EXPECT_EQ(allowed(everywhere, action, {"nord", "kari"}), cell != '-');
      EXPECT_EQ(allowed(everywhere, action, {"acme", "ola"}), cell == 'c' || cell == 'a');
      EXPECT_EQ(allowed(everywhere, action, {}), cell == 'c' || cell == 'a');
      EXPECT_EQ(allowed(limited, action, {"acme", "kari"}), cell == 'c' || cell == 'o');
      EXPECT_EQ(allowed(limited, action, {"acme", {}}), cell == 'c');
      EXPECT_FALSE(allowed(limited, action, {"nord", "kari"}));
      EXPECT_FALSE(allowed(limited, action, {{}, "kari"}));
      EXPECT_FALSE(allowed(limited, action, {"acme2", "kari"}));
      EXPECT_EQ(ever_allowed(everywhere, action), cell != '-');
      EXPECT_EQ(ever_allowed(limited, action), cell == 'c' || cell == 'o');
    }
  }
}

// A seller whose agent is not known must not get the calls of nobody.
TEST(Allowed, SellerWithoutAgentOwnsNothing) {
  const Principal seller{"acc_1", Role::kSeller, std::nullopt, ""};
  EXPECT_FALSE(allowed(seller, Action::kViewCalls, {"acme", ""}));
  EXPECT_FALSE(allowed(seller, Action::kViewCalls, {"acme", {}}));
  EXPECT_FALSE(ever_allowed(seller, Action::kViewCalls));
  EXPECT_FALSE(call_scope(seller));
}

TEST(Allowed, RefusesNumbersThatAreNoRoleOrAction) {
  const auto action = static_cast<Action>(200);
  EXPECT_FALSE(allowed(principal(Role::kClientAdmin, {}), action, {}));
  EXPECT_FALSE(
      allowed({"x", static_cast<Role>(77), {}, "kari"}, Action::kViewCalls, {"acme", "kari"}));
}

TEST(CallScope, NarrowsToClientAndAgent) {
  const auto seller = call_scope(principal(Role::kSeller, "acme"));
  ASSERT_TRUE(seller);
  EXPECT_EQ(seller->client, "acme");
  EXPECT_EQ(seller->agent, "kari");
  const auto supervisor = call_scope(principal(Role::kSupervisor, std::nullopt));
  ASSERT_TRUE(supervisor);
  EXPECT_FALSE(supervisor->client);
  EXPECT_FALSE(supervisor->agent);
  EXPECT_FALSE(call_scope(principal(Role::kOperator, std::nullopt)));
  EXPECT_FALSE(call_scope(principal(Role::kDialler, "acme")));
}

TEST(RoleNames, ParseBack) {
  for (const Role role : kRoles) EXPECT_EQ(parse_role(name_of(role)), role);
  EXPECT_EQ(name_of(Role::kDataProtectionOfficer), "data_protection_officer");
  EXPECT_FALSE(parse_role("admin"));
}

}  // namespace
}  // namespace opptak::control
