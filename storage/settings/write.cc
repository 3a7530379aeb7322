// The other way round: settings to TOML, and the list of keys with their defaults.
#include <fmt/format.h>

#include "storage/settings/keys.h"
#include "storage/settings/settings.h"

namespace opptak::storage {
namespace {

// TOML v1.0 basic string: what may not stand in it as it is goes as \u00XX.
std::string toml_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u{:04X}", byte);
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string one(bool value) { return value ? "true" : "false"; }
std::string one(std::int64_t value) { return fmt::to_string(value); }
std::string one(const std::string& value) { return toml_string(value); }

template <class Element>
std::string one(const std::vector<Element>& values) {
  std::string out = "[";
  for (const Element& value : values) {
    if (out.size() > 1) out += ", ";
    out += one(value);
  }
  return out + ']';
}

template <class Section>
std::string lines_of(const SectionKeys<Section>& keys, const Section& section) {
  std::string out;
  for (const auto& key : keys) {
    out += fmt::format("{} = {}\n", key.name, to_toml(key.get(section)));
  }
  return out;
}

std::string ports_line(const std::vector<PortSettings>& ports) {
  std::string out = "ports = [";
  for (const PortSettings& port : ports) {
    out += fmt::format("{}{{ device = {}, queues = {} }}", out.ends_with('[') ? "" : ", ",
                       toml_string(port.device), port.queues);
  }
  return out + "]\n";
}

template <class Section>
void append_keys(std::vector<SettingsKey>& out, std::string_view prefix,
                 const SectionKeys<Section>& keys) {
  const Section defaults{};
  for (const auto& key : keys) {
    out.push_back({fmt::format("{}.{}", prefix, key.name),
                   key.required ? std::string{} : to_toml(key.get(defaults)), key.allowed});
  }
}

}  // namespace

std::string to_toml(const SettingsValue& value) {
  return std::visit([](const auto& held) { return one(held); }, value);
}

std::string to_toml(const Settings& settings) {
  std::string out;
  for_each_section([&](std::string_view name, const auto& keys, auto member) {
    out += fmt::format("[{}]\n", name);
    if (name == "dataplane") out += ports_line(settings.dataplane.ports);
    out += lines_of(keys, settings.*member);
  });
  for (const auto& client : settings.clients) {
    out += "[[client]]\n" + lines_of(client_keys(), client);
  }
  for (const auto& campaign : settings.campaigns) {
    out += "[[campaign]]\n" + lines_of(campaign_keys(), campaign);
  }
  return out;
}

std::vector<SettingsKey> known_settings_keys() {
  std::vector<SettingsKey> out;
  for_each_section([&](std::string_view name, const auto& keys, auto) {
    if (name == "dataplane") {
      out.push_back({fmt::format("{}.{}", name, kPortsKey), "[]", std::string(kPortsAllowed)});
      append_keys(out, "dataplane.ports[]", port_keys());
    }
    append_keys(out, name, keys);
  });
  append_keys(out, "client[]", client_keys());
  append_keys(out, "campaign[]", campaign_keys());
  return out;
}

}  // namespace opptak::storage
