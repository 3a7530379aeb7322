// Who acts, and what each role may do: the single place of authorisation (G7). Pure; any thread.
//
//                  seller  supervisor  client_admin  data_protection_officer  operator  dialler
// view calls        own      client       client            client               -         -
// play              own      client       client            client               -         -
// start, stop       own      client       client              -                  -       client
// register events   own      client       client              -                  -       client
// announce calls     -         -            -                 -                  -       client
// erase              -         -          client            client               -         -
// share links        -         -          client              -                  -         -
// clients, campaigns: read
//                    -       client       client            client             client      -
// clients, campaigns: change
//                    -         -          client              -                  -         -
// reports            -       client       client            client             client      -
// hold, subject export and erasure, audit
//                    -         -            -               client               -         -
// accounts, tokens   -         -          client              -                  -         -
// system             -         -            -                 -                 all        -
//
// "client": within the principal's client, or everywhere for a principal over all clients.
// "own": calls whose agent is the principal's, within the client. "all": only over all clients.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace opptak::control {

enum class Role : std::uint8_t {
  kSeller,
  kSupervisor,
  kClientAdmin,
  kDataProtectionOfficer,
  kOperator,
  kDialler,
};

inline constexpr std::array kRoles = {Role::kSeller,      Role::kSupervisor,
                                      Role::kClientAdmin, Role::kDataProtectionOfficer,
                                      Role::kOperator,    Role::kDialler};

// "seller", "supervisor", "client_admin", "data_protection_officer", "operator", "dialler".
[[nodiscard]] std::string_view name_of(Role role) noexcept;
[[nodiscard]] std::optional<Role> parse_role(std::string_view name) noexcept;

enum class Action : std::uint8_t {
  kViewCalls,         // Lists, one call, its events, the live page.
  kPlayRecording,     // Audio and waveform.
  kControlRecording,  // Start, stop, pause, resume.
  kRegisterEvent,     // Sale and its kin.
  kAnnounceCall,      // Expected calls.
  kEraseRecording,
  kShareRecording,     // Links.
  kViewConfiguration,  // Clients and campaigns, reading.
  kChangeConfiguration,
  kViewReports,
  kHoldRecording,
  kExportSubject,
  kEraseSubject,
  kReadAudit,
  kManageAccounts,
  kViewSystem,  // Health in detail, metrics.
};

struct Principal {
  std::string id;  // Opaque: of the account or token, never a name.
  Role role = Role::kSeller;
  std::optional<std::string> client;  // Empty: over all clients.
  std::string agent;                  // A seller's name at the dialler; empty for others.
};

// What is acted on. No client means the system as a whole or all clients at once; a call that
// belongs to nobody has the client "unassigned".
struct Subject {
  std::optional<std::string_view> client;
  std::optional<std::string_view> agent;  // Of the call, where one is known.
};

[[nodiscard]] bool allowed(const Principal& principal, Action action,
                           const Subject& subject) noexcept;

// True if the role may do it somewhere: to answer 403 before looking anything up.
[[nodiscard]] bool ever_allowed(const Principal& principal, Action action) noexcept;

// What a list of calls has to be narrowed to for this principal; nullopt: may list none.
struct CallScope {
  std::optional<std::string> client;
  std::optional<std::string> agent;
};
[[nodiscard]] std::optional<CallScope> call_scope(const Principal& principal);

}  // namespace opptak::control
