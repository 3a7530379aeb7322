// The table of keys behind settings.h: one entry per key of one section, which knows its name,
// what it allows, and how to get a value into and out of the section's struct. Reading, writing,
// suggesting and documenting all walk this table. Private to storage/settings; any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "storage/settings/settings.h"

namespace opptak::storage {

using SettingsValue = std::variant<bool, std::int64_t, std::string, std::vector<std::int64_t>,
                                   std::vector<std::string>>;

template <class Section>
struct SectionKey {
  std::string name;
  std::string allowed;
  bool required = false;
  std::function<bool(Section&, const SettingsValue&)> set;  // False: not allowed, nothing changed.
  std::function<SettingsValue(const Section&)> get;
};

template <class Section>
using SectionKeys = std::vector<SectionKey<Section>>;

const SectionKeys<DataplaneSettings>& dataplane_keys();
const SectionKeys<PortSettings>& port_keys();  // Of one table in dataplane.ports.
const SectionKeys<StorageSettings>& storage_keys();
const SectionKeys<VaultSettings>& vault_keys();
const SectionKeys<ControlSettings>& control_keys();
const SectionKeys<PolicySettings>& policy_keys();
const SectionKeys<ClientSettings>& client_keys();      // Of one [[client]].
const SectionKeys<CampaignSettings>& campaign_keys();  // Of one [[campaign]].
const SectionKeys<LogSettings>& log_keys();

// The sections that are one table, as (name, keys, member of Settings).
template <class Visitor>
void for_each_section(const Visitor& visit) {
  visit("dataplane", dataplane_keys(), &Settings::dataplane);
  visit("storage", storage_keys(), &Settings::storage);
  visit("vault", vault_keys(), &Settings::vault);
  visit("control", control_keys(), &Settings::control);
  visit("policy", policy_keys(), &Settings::policy);
  visit("log", log_keys(), &Settings::log);
}

// "dataplane.ports" is an array of tables and the only key outside of the sections' tables.
inline constexpr std::string_view kPortsKey = "ports";
inline constexpr std::string_view kPortsAllowed =
    "an array of tables { device = \"...\", queues = N }";

[[nodiscard]] std::string to_toml(const SettingsValue& value);

}  // namespace opptak::storage
