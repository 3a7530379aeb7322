#include "control/access/principal.h"

#include <cstddef>

namespace opptak::control {
namespace {

enum class Reach : std::uint8_t {
  kNone,
  kOwn,     // Calls of the principal's agent, within the client.
  kClient,  // Everything of the principal's client.
  kAll,     // Only a principal over all clients.
};

constexpr Reach kNo = Reach::kNone;
constexpr Reach kOwn = Reach::kOwn;
constexpr Reach kCli = Reach::kClient;
constexpr Reach kAll = Reach::kAll;

constexpr std::size_t kActions = static_cast<std::size_t>(Action::kViewSystem) + 1;

// Rows in the order of Action, columns in the order of Role: seller, supervisor, client_admin,
// data_protection_officer, operator, dialler. The table of principal.h, and nothing else decides.
constexpr std::array<std::array<Reach, kRoles.size()>, kActions> kTable{{
    {kOwn, kCli, kCli, kCli, kNo, kNo},  // kViewCalls
    {kOwn, kCli, kCli, kCli, kNo, kNo},  // kPlayRecording
    {kOwn, kCli, kCli, kNo, kNo, kCli},  // kControlRecording
    {kOwn, kCli, kCli, kNo, kNo, kCli},  // kRegisterEvent
    {kNo, kNo, kNo, kNo, kNo, kCli},     // kAnnounceCall
    {kNo, kNo, kCli, kCli, kNo, kNo},    // kEraseRecording
    {kNo, kNo, kCli, kNo, kNo, kNo},     // kShareRecording
    {kNo, kCli, kCli, kCli, kCli, kNo},  // kViewConfiguration
    {kNo, kNo, kCli, kNo, kNo, kNo},     // kChangeConfiguration
    {kNo, kCli, kCli, kCli, kCli, kNo},  // kViewReports
    {kNo, kNo, kNo, kCli, kNo, kNo},     // kHoldRecording
    {kNo, kNo, kNo, kCli, kNo, kNo},     // kExportSubject
    {kNo, kNo, kNo, kCli, kNo, kNo},     // kEraseSubject
    {kNo, kNo, kNo, kCli, kNo, kNo},     // kReadAudit
    {kNo, kNo, kCli, kNo, kNo, kNo},     // kManageAccounts
    {kNo, kNo, kNo, kNo, kAll, kNo},     // kViewSystem
}};

constexpr std::array<std::string_view, kRoles.size()> kNames{
    "seller", "supervisor", "client_admin", "data_protection_officer", "operator", "dialler"};

Reach reach_of(Role role, Action action) noexcept {
  const auto row = static_cast<std::size_t>(action);
  const auto column = static_cast<std::size_t>(role);
  return row < kTable.size() && column < kRoles.size() ? kTable[row][column] : Reach::kNone;
}

// A subject without a client is all of them: only for those who are limited to none.
bool within_client(const Principal& principal, const Subject& subject) noexcept {
  if (!principal.client) return true;
  return subject.client && *subject.client == *principal.client;
}

}  // namespace

std::string_view name_of(Role role) noexcept { return kNames[static_cast<std::size_t>(role)]; }

std::optional<Role> parse_role(std::string_view name) noexcept {
  for (const Role role : kRoles) {
    if (name_of(role) == name) return role;
  }
  return std::nullopt;
}

bool allowed(const Principal& principal, Action action, const Subject& subject) noexcept {
  switch (reach_of(principal.role, action)) {
    case Reach::kOwn:
      return within_client(principal, subject) && !principal.agent.empty() && subject.agent &&
             *subject.agent == principal.agent;
    case Reach::kClient:
      return within_client(principal, subject);
    case Reach::kAll:
      return !principal.client;
    case Reach::kNone:
      break;
  }
  return false;
}

bool ever_allowed(const Principal& principal, Action action) noexcept {
  switch (reach_of(principal.role, action)) {
    case Reach::kOwn:
      return !principal.agent.empty();
    case Reach::kClient:
      return true;
    case Reach::kAll:
      return !principal.client;
    case Reach::kNone:
      break;
  }
  return false;
}

std::optional<CallScope> call_scope(const Principal& principal) {
  if (!ever_allowed(principal, Action::kViewCalls)) return std::nullopt;
  CallScope scope{principal.client, std::nullopt};
  if (reach_of(principal.role, Action::kViewCalls) == Reach::kOwn) scope.agent = principal.agent;
  return scope;
}

}  // namespace opptak::control
