#include "storage/settings/keys.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace opptak::storage {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kTextBytesMax = 4'096;  // Longer than any path Linux takes.

template <class Section, class Integer>
SectionKey<Section> number(std::string name, Integer Section::* field, std::int64_t low,
                           std::int64_t high, std::int64_t multiple = 1) {
  std::string allowed = fmt::format("a whole number from {} to {}", low, high);
  if (multiple != 1) allowed += fmt::format(", a multiple of {}", multiple);
  return {std::move(name), std::move(allowed), false,
          [=](Section& section, const SettingsValue& value) {
            const auto* given = std::get_if<std::int64_t>(&value);
            if (given == nullptr || *given < low || *given > high || *given % multiple != 0) {
              return false;
            }
            section.*field = static_cast<Integer>(*given);
            return true;
          },
          [=](const Section& section) {
            return SettingsValue{static_cast<std::int64_t>(section.*field)};
          }};
}

template <class Section>
SectionKey<Section> numbers(std::string name, std::vector<std::uint16_t> Section::* field,
                            std::int64_t low, std::int64_t high, std::size_t count_max) {
  return {std::move(name),
          fmt::format("an array of at most {} different whole numbers from {} to {}", count_max,
                      low, high),
          false,
          [=](Section& section, const SettingsValue& value) {
            std::vector<std::uint16_t> taken;
            const auto* given = std::get_if<std::vector<std::int64_t>>(&value);
            if (given == nullptr || given->size() > count_max) return false;
            for (const std::int64_t each : *given) {
              if (each < low || each > high) return false;
              const auto number = static_cast<std::uint16_t>(each);
              if (std::ranges::find(taken, number) != taken.end()) return false;
              taken.push_back(number);
            }
            section.*field = std::move(taken);
            return true;
          },
          [=](const Section& section) {
            return SettingsValue{
                std::vector<std::int64_t>((section.*field).begin(), (section.*field).end())};
          }};
}

template <class Section>
SectionKey<Section> flag(std::string name, bool Section::* field) {
  return {std::move(name), "true or false", false,
          [=](Section& section, const SettingsValue& value) {
            const auto* given = std::get_if<bool>(&value);
            if (given == nullptr) return false;
            section.*field = *given;
            return true;
          },
          [=](const Section& section) { return SettingsValue{section.*field}; }};
}

// `parse` says whether a text is allowed by giving the field's value.
template <class Section, class Field, class Parse, class Print>
SectionKey<Section> text(std::string name, Field Section::* field, std::string allowed, Parse parse,
                         Print print) {
  return {
      std::move(name), std::move(allowed), false,
      [=](Section& section, const SettingsValue& value) {
        const auto* given = std::get_if<std::string>(&value);
        if (given == nullptr || given->size() > kTextBytesMax ||
            given->find('\0') != std::string::npos) {
          return false;
        }
        std::optional<Field> parsed = parse(*given);
        if (!parsed) return false;
        section.*field = std::move(*parsed);
        return true;
      },
      [=](const Section& section) { return SettingsValue{std::string(print(section.*field))}; }};
}

std::string same(const std::string& value) { return value; }

// Empty text allowed only where the default is empty.
template <class Section>
SectionKey<Section> path(std::string name, fs::path Section::* field, bool may_be_empty = false) {
  return text(
      std::move(name), field, may_be_empty ? "a path, or \"\"" : "a path",
      [=](const std::string& given) -> std::optional<fs::path> {
        if (given.empty() && !may_be_empty) return std::nullopt;
        return fs::path(given);
      },
      [](const fs::path& value) { return value.string(); });
}

template <class Section>
SectionKey<Section> endpoint(std::string name, Endpoint Section::* field) {
  return text(
      std::move(name), field, "an IP address and port such as \"127.0.0.1:8080\" or \"[::1]:8080\"",
      [](const std::string& given) { return parse_endpoint(given); },
      [](const Endpoint& value) { return to_string(value); });
}

template <class Section>
SectionKey<Section> slug(std::string name, std::string Section::* field) {
  return text(
      std::move(name), field, "1 to 64 of the characters a-z, 0-9, _ and -",
      [](const std::string& given) { return is_slug(given) ? std::optional(given) : std::nullopt; },
      same);
}

template <class Enum, std::size_t N>
using Words = std::array<std::pair<std::string_view, Enum>, N>;

template <class Section, class Enum, std::size_t N>
SectionKey<Section> word(std::string name, Enum Section::* field, Words<Enum, N> words) {
  std::string allowed = "one of";
  for (const auto& [spelling, value] : words) {
    allowed += fmt::format("{} \"{}\"", value == words.front().second ? "" : ",", spelling);
  }
  return text(
      std::move(name), field, std::move(allowed),
      [=](const std::string& given) -> std::optional<Enum> {
        for (const auto& [spelling, value] : words) {
          if (spelling == given) return value;
        }
        return std::nullopt;
      },
      [=](Enum value) {
        return std::ranges::find(words, value, &std::pair<std::string_view, Enum>::second)->first;
      });
}

constexpr Words<RecordingMode, 3> kModes{{{"automatic", RecordingMode::kAutomatic},
                                          {"manual", RecordingMode::kManual},
                                          {"off", RecordingMode::kOff}}};

template <class Section>
SectionKey<Section> must(SectionKey<Section> key) {
  key.required = true;
  return key;
}

bool is_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  });
}

// [DDDD:]BB:DD.F, device arguments after a comma left to DPDK.
bool is_pci_device(std::string_view text) {
  text = text.substr(0, text.find(','));
  if (text.size() == 12 && is_hex(text.substr(0, 4)) && text[4] == ':') text.remove_prefix(5);
  return text.size() == 7 && is_hex(text.substr(0, 2)) && text[2] == ':' &&
         is_hex(text.substr(3, 2)) && text[5] == '.' && text[6] >= '0' && text[6] <= '7';
}

std::optional<std::string> parse_device(const std::string& given) {
  const bool vdev = given.starts_with("net_") || given.starts_with("eth_");
  const bool printable = std::ranges::all_of(given, [](char c) { return c > ' ' && c < 0x7f; });
  return printable && (vdev || is_pci_device(given)) ? std::optional(given) : std::nullopt;
}

// RFC 3261 section 25.1: token.
std::optional<std::string> parse_header_name(const std::string& given) {
  constexpr std::string_view kTokenMarks = "-.!%*_+`'~";
  const bool token = std::ranges::all_of(given, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kTokenMarks.contains(c);
  });
  return token && !given.empty() && given.size() <= 64 ? std::optional(given) : std::nullopt;
}

bool is_number_pattern(std::string_view text) {
  if (text.ends_with('*')) text.remove_suffix(1);
  const bool prefixed = text.starts_with('+');
  if (prefixed) text.remove_prefix(1);
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '_' || c == '-';
  });
}

bool set_capture_files(DataplaneSettings& section, const SettingsValue& value) {
  const auto* given = std::get_if<std::vector<std::string>>(&value);
  const auto* none = std::get_if<std::vector<std::int64_t>>(&value);
  if (none != nullptr && none->empty()) {  // An empty array has no type.
    section.capture_files.clear();
    return true;
  }
  if (given == nullptr) return false;
  for (const std::string& each : *given) {
    if (each.empty() || each.size() > kTextBytesMax || each.contains('\0')) return false;
  }
  section.capture_files.assign(given->begin(), given->end());
  return true;
}

SettingsValue get_capture_files(const DataplaneSettings& section) {
  std::vector<std::string> paths;
  for (const fs::path& each : section.capture_files) paths.push_back(each.string());
  return paths;
}

bool set_numbers(CampaignSettings& section, const SettingsValue& value) {
  const auto* given = std::get_if<std::vector<std::string>>(&value);
  const auto* none = std::get_if<std::vector<std::int64_t>>(&value);
  if (none != nullptr && none->empty()) {
    section.numbers.clear();
    return true;
  }
  if (given == nullptr || !std::ranges::all_of(*given, is_number_pattern)) return false;
  section.numbers = *given;
  return true;
}

}  // namespace

const SectionKeys<PortSettings>& port_keys() {
  static const SectionKeys<PortSettings> keys{
      must(text("device", &PortSettings::device,
                "a DPDK device such as \"net_af_packet0,iface=eth1\" or a PCI address such as "
                "\"0000:01:00.0\" (captures are named in dataplane.capture_files)",
                parse_device, same)),
      number("queues", &PortSettings::queues, 1, 128),
  };
  return keys;
}

const SectionKeys<DataplaneSettings>& dataplane_keys() {
  using S = DataplaneSettings;
  constexpr Words<HugePages, 2> kHugePages{{{"auto", HugePages::kAuto}, {"off", HugePages::kOff}}};
  static const SectionKeys<S> keys{
      {"capture_files", "an array of paths", false, set_capture_files, get_capture_files},
      word("huge_pages", &S::huge_pages, kHugePages),
      number("block_memory_mib", &S::block_memory_mib, 1, 1'048'576),
      number("pending_memory_mib", &S::pending_memory_mib, 1, 1'048'576),
      number("streams_max", &S::streams_max, 64, 16'777'216),
      number("decision_wait_ms", &S::decision_wait_ms, 0, 60'000),
      number("idle_timeout_seconds", &S::idle_timeout_seconds, 1, 86'400),
      numbers("sip_ports", &S::sip_ports, 1, 65'535, 16),
      flag("lockstep", &S::lockstep),
      number("idle_sleep_us", &S::idle_sleep_us, 0, 100'000),
      numbers("worker_cores", &S::worker_cores, 0, 1'023, 1'024),
      numbers("writer_cores", &S::writer_cores, 0, 1'023, 1'024),
      number("writers", &S::writers, 1, 64),
      endpoint("metrics_listen", &S::metrics_listen),
  };
  return keys;
}

const SectionKeys<StorageSettings>& storage_keys() {
  using S = StorageSettings;
  constexpr Words<Durability, 2> kDurability{
      {{"full", Durability::kFull}, {"none", Durability::kNone}}};
  static const SectionKeys<S> keys{
      path("directory", &S::directory),
      number("segment_mib", &S::segment_mib, 1, 65'536),
      number("block_bytes", &S::block_bytes, 16'384, 65'536, 4'096),
      number("flush_interval_ms", &S::flush_interval_ms, 10, 600'000),
      word("durability", &S::durability, kDurability),
  };
  return keys;
}

const SectionKeys<VaultSettings>& vault_keys() {
  static const SectionKeys<VaultSettings> keys{path("file", &VaultSettings::file)};
  return keys;
}

const SectionKeys<ControlSettings>& control_keys() {
  using S = ControlSettings;
  static const SectionKeys<S> keys{
      path("runtime_directory", &S::runtime_directory),
      endpoint("listen", &S::listen),
      path("tls_certificate", &S::tls_certificate, true),
      path("tls_key", &S::tls_key, true),
      text("campaign_header", &S::campaign_header, "the name of a SIP header", parse_header_name,
           same),
      number("silence_timeout_seconds", &S::silence_timeout_seconds, 1, 86'400),
      number("setup_timeout_seconds", &S::setup_timeout_seconds, 1, 86'400),
      number("session_hours", &S::session_hours, 1, 720),
  };
  return keys;
}

const SectionKeys<PolicySettings>& policy_keys() {
  using S = PolicySettings;
  using Override = std::optional<RecordingMode>;
  static const SectionKeys<S> keys{
      slug("default_client", &S::default_client),
      word("default_mode", &S::default_mode, kModes),
      text(
          "mode_override", &S::mode_override, R"("", or one of "automatic", "manual", "off")",
          [](const std::string& given) -> std::optional<Override> {
            if (given.empty()) return Override{};
            const auto mode = parse_recording_mode(given);
            return mode ? std::optional<Override>(mode) : std::nullopt;
          },
          [](const Override& mode) { return mode ? name_of(*mode) : std::string_view{}; }),
  };
  return keys;
}

const SectionKeys<ClientSettings>& client_keys() {
  using S = ClientSettings;
  constexpr std::int64_t kRetentionDaysMax = 36'500;
  static const SectionKeys<S> keys{
      must(slug("id", &S::id)),
      text(
          "name", &S::name, "text of at most 200 bytes",
          [](const std::string& given) {
            return given.size() <= 200 ? std::optional(given) : std::nullopt;
          },
          same),
      number("retention_days_sale", &S::retention_days_sale, 0, kRetentionDaysMax),
      number("retention_days_other", &S::retention_days_other, 0, kRetentionDaysMax),
  };
  return keys;
}

const SectionKeys<CampaignSettings>& campaign_keys() {
  using S = CampaignSettings;
  static const SectionKeys<S> keys{
      must(slug("id", &S::id)),
      must(slug("client", &S::client)),
      word("mode", &S::mode, kModes),
      number("pre_roll_seconds", &S::pre_roll_seconds, 0, 60),
      {"numbers", R"(an array of numbers such as "+4722334455" or prefixes such as "+4790*")",
       false, set_numbers, [](const S& section) { return SettingsValue{section.numbers}; }},
  };
  return keys;
}

const SectionKeys<LogSettings>& log_keys() {
  constexpr Words<LogLevel, 5> kLevels{{{"trace", LogLevel::kTrace},
                                        {"debug", LogLevel::kDebug},
                                        {"info", LogLevel::kInfo},
                                        {"warning", LogLevel::kWarning},
                                        {"error", LogLevel::kError}}};
  static const SectionKeys<LogSettings> keys{word("level", &LogSettings::level, kLevels)};
  return keys;
}

}  // namespace opptak::storage
