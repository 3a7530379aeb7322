// Reading: toml++ gives the tree with its lines, the key table says what may stand in it.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "storage/settings/check.h"
#include "storage/settings/keys.h"
#include "storage/settings/settings.h"
#include "storage/settings/suggest.h"

namespace opptak::storage {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kFileBytesMax = 16 * 1'048'576;

struct Failure {  // Thrown by nothing but this file, caught in load_settings_text().
  SettingsErrorCode code;
  std::string key;
  std::uint32_t line;
  std::string what;
};

std::uint32_t line_of(const toml::node& node) { return node.source().begin.line; }
std::uint32_t line_of(const toml::key& key) { return key.source().begin.line; }

template <class Element>
std::vector<Element> elements(const toml::array& array) {
  std::vector<Element> out;
  for (const toml::node& each : array) out.push_back(each.ref<Element>());
  return out;
}

std::optional<SettingsValue> to_value(const toml::node& node) {
  if (const auto* flag = node.as_boolean()) return SettingsValue{flag->get()};
  if (const auto* number = node.as_integer()) return SettingsValue{number->get()};
  if (const auto* text = node.as_string()) return SettingsValue{text->get()};
  const auto* array = node.as_array();
  if (array == nullptr) return std::nullopt;
  if (array->empty() || array->is_homogeneous<std::int64_t>()) {
    return SettingsValue{elements<std::int64_t>(*array)};
  }
  if (array->is_homogeneous<std::string>()) return SettingsValue{elements<std::string>(*array)};
  return std::nullopt;
}

[[noreturn]] void fail_unknown(const std::string& prefix, const toml::key& key,
                               const std::vector<std::string>& known) {
  const std::string name{key.str()};
  const std::string full = prefix.empty() ? name : prefix + "." + name;
  throw Failure{SettingsErrorCode::kUnknownKey, full, line_of(key),
                unknown_key_message(prefix, name, known)};
}

template <class Section>
void read_section(const std::string& prefix, const toml::table& table,
                  const SectionKeys<Section>& keys, Section& section,
                  std::string_view read_elsewhere = {}) {
  std::vector<std::string> known;
  for (const auto& key : keys) known.push_back(key.name);
  if (!read_elsewhere.empty()) known.emplace_back(read_elsewhere);
  for (const auto& [name, node] : table) {
    if (!read_elsewhere.empty() && name.str() == read_elsewhere) continue;
    const auto found = std::ranges::find(keys, name.str(), &SectionKey<Section>::name);
    if (found == keys.end()) fail_unknown(prefix, name, known);
    const auto value = to_value(node);
    if (!value || !found->set(section, *value)) {
      throw Failure{SettingsErrorCode::kBadValue, prefix + "." + found->name, line_of(name),
                    "must be " + found->allowed};
    }
  }
  for (const auto& key : keys) {
    if (key.required && !table.contains(key.name)) {
      throw Failure{SettingsErrorCode::kMissingKey, prefix + "." + key.name, line_of(table),
                    "must be given: " + key.allowed};
    }
  }
}

template <class Section>
std::vector<std::uint32_t> read_tables(const std::string& name, const toml::key& key,
                                       const toml::node& node, const SectionKeys<Section>& keys,
                                       std::vector<Section>& out, std::string_view allowed) {
  const auto* array = node.as_array();
  const bool tables = array != nullptr && (array->empty() || array->is_homogeneous<toml::table>());
  if (!tables) {
    throw Failure{SettingsErrorCode::kBadValue, name, line_of(key),
                  "must be " + std::string(allowed)};
  }
  std::vector<std::uint32_t> lines;
  for (const toml::node& each : *array) {
    out.emplace_back();
    read_section(name + "[]", *each.as_table(), keys, out.back());
    lines.push_back(line_of(each));
  }
  return lines;
}

void read_dataplane_ports(const toml::table& table, Settings& settings) {
  for (const auto& [name, node] : table) {
    if (name.str() != kPortsKey) continue;
    read_tables("dataplane.ports", name, node, port_keys(), settings.dataplane.ports,
                kPortsAllowed);
  }
}

// True if `name` is one of the sections that are a single table.
bool read_single_table(const toml::key& key, const toml::node& node, Settings& settings) {
  bool found = false;
  for_each_section([&](std::string_view name, const auto& keys, auto member) {
    if (key.str() != name) return;
    found = true;
    const auto* table = node.as_table();
    if (table == nullptr) {
      throw Failure{SettingsErrorCode::kBadValue, std::string(name), line_of(key),
                    fmt::format("must be a table: write [{}] on a line of its own", name)};
    }
    const bool dataplane = name == "dataplane";
    if (dataplane) read_dataplane_ports(*table, settings);
    read_section(std::string(name), *table, keys, settings.*member,
                 dataplane ? kPortsKey : std::string_view{});
  });
  return found;
}

LinesOf read_tree(const toml::table& root, Settings& settings) {
  LinesOf lines;
  for (const auto& [key, node] : root) {
    if (key.str() == "client") {
      lines.clients = read_tables("client", key, node, client_keys(), settings.clients,
                                  "tables: write [[client]] on a line of its own");
    } else if (key.str() == "campaign") {
      lines.campaigns = read_tables("campaign", key, node, campaign_keys(), settings.campaigns,
                                    "tables: write [[campaign]] on a line of its own");
    } else if (!read_single_table(key, node, settings)) {
      fail_unknown(
          "", key,
          {"dataplane", "storage", "vault", "control", "policy", "log", "client", "campaign"});
    }
  }
  for (ClientSettings& client : settings.clients) {
    if (client.name.empty()) client.name = client.id;
  }
  return lines;
}

// The line of `key` ("control.listen"); of its section where it is not given; else 0.
std::uint32_t find_line(const toml::table& root, std::string_view key) {
  const auto dot = key.find('.');
  const auto section = root.find(key.substr(0, dot));
  if (section == root.end()) return 0;
  const auto* table = section->second.as_table();
  if (table != nullptr && dot != std::string_view::npos) {
    const auto found = table->find(key.substr(dot + 1));
    if (found != table->end()) return line_of(found->first);
  }
  return line_of(section->first);
}

SettingsError to_error(std::string_view name, const Failure& failure) {
  std::string message{name};
  if (failure.line != 0) message += fmt::format(", line {}", failure.line);
  message += failure.key.empty() ? ": " : fmt::format(": {} ", failure.key);
  return {failure.code, failure.key, failure.line, message + failure.what};
}

void resolve(const fs::path& folder, fs::path& path) {
  if (!path.empty() && path.is_relative()) path = (folder / path).lexically_normal();
}

}  // namespace

std::expected<Settings, SettingsError> load_settings_text(std::string_view text,
                                                          std::string_view name) {
  try {
    const toml::table root = toml::parse(text, name);
    Settings settings;
    const LinesOf lines = read_tree(root, settings);
    if (auto conflict = find_contradiction(settings, lines)) {
      const std::uint32_t line =
          conflict->line != 0 ? conflict->line : find_line(root, conflict->key);
      throw Failure{SettingsErrorCode::kContradiction, conflict->key, line, conflict->what};
    }
    return settings;
  } catch (const Failure& failure) {
    return std::unexpected(to_error(name, failure));
  } catch (const toml::parse_error& error) {
    return std::unexpected(to_error(name, {SettingsErrorCode::kSyntax,
                                           {},
                                           error.source().begin.line,
                                           fmt::format("not TOML: {}", error.description())}));
  }
}

std::expected<Settings, SettingsError> load_settings(const fs::path& file) {
  const auto unreadable = [&](std::string_view why) {
    return std::unexpected(
        SettingsError{SettingsErrorCode::kCannotRead,
                      {},
                      0,
                      fmt::format("cannot read the configuration {}: {}", file.string(), why)});
  };
  std::error_code error;
  const auto bytes = fs::file_size(file, error);
  if (error) return unreadable(error.message());
  if (bytes > kFileBytesMax) return unreadable("it is larger than 16 MiB");
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return unreadable("no permission to open it");
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (stream.bad()) return unreadable("reading failed");

  auto settings = load_settings_text(text, file.string());
  if (!settings) return settings;
  const fs::path folder = fs::absolute(file, error).parent_path();
  for (fs::path& each : settings->dataplane.capture_files) resolve(folder, each);
  resolve(folder, settings->storage.directory);
  resolve(folder, settings->vault.file);
  resolve(folder, settings->control.runtime_directory);
  resolve(folder, settings->control.tls_certificate);
  resolve(folder, settings->control.tls_key);
  return settings;
}

}  // namespace opptak::storage
