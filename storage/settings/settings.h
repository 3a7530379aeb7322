// The one configuration file, read by both processes and the command line (docs/configuration.md
// lists every key). Reading checks everything that can be checked without touching the host: an
// unknown key, a value of the wrong type or out of range, settings that contradict each other.
//
// A Settings{} holds the defaults; every field below is one key. Plain values: copy them, hand
// them to any thread. toml++ stays inside this library.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/base/durability.h"
#include "storage/base/endpoint.h"

namespace opptak::storage {

enum class HugePages : std::uint8_t {
  kAuto,  // Used where the host has reserved some.
  kOff,
};

// Same meaning as control::Mode, which this layer does not know.
enum class RecordingMode : std::uint8_t { kAutomatic, kManual, kOff };

enum class LogLevel : std::uint8_t { kTrace, kDebug, kInfo, kWarning, kError };

// One DPDK port.
struct PortSettings {
  std::string device;        // DPDK vdev "net_af_packet0,iface=eth1" or PCI "0000:01:00.0".
  std::uint16_t queues = 1;  // One worker each.

  bool operator==(const PortSettings&) const = default;
};

struct DataplaneSettings {
  std::vector<PortSettings> ports;
  // Captures (pcap, pcapng) that one more port replays, merged by time. For replays.
  std::vector<std::filesystem::path> capture_files;
  HugePages huge_pages = HugePages::kAuto;
  std::uint32_t block_memory_mib = 256;   // Per worker: blocks being filled.
  std::uint32_t pending_memory_mib = 64;  // Per worker: RTP that waits for the decision (G3).
  std::uint32_t streams_max = 65'536;     // Per worker.
  std::uint32_t decision_wait_ms = 2'000;
  std::uint32_t idle_timeout_seconds = 60;  // A stream without packets ends.
  std::vector<std::uint16_t> sip_ports = {5060};
  bool lockstep = false;
  std::uint32_t idle_sleep_us = 50;         // Software ports only; 0: poll without sleeping.
  std::vector<std::uint16_t> worker_cores;  // In worker order; empty: the kernel places them.
  std::vector<std::uint16_t> writer_cores;
  std::uint16_t writers = 1;
  Endpoint metrics_listen;  // 127.0.0.1:9464

  DataplaneSettings();
};

struct StorageSettings {
  std::filesystem::path directory = "/var/lib/opptak";
  std::uint32_t segment_mib = 64;
  std::uint32_t block_bytes = 16'384;  // Multiple of 4096.
  std::uint32_t flush_interval_ms = 5'000;
  Durability durability = Durability::kFull;
};

struct VaultSettings {
  std::filesystem::path file = "/var/lib/opptak-vault/root.key";
};

struct ControlSettings {
  std::filesystem::path runtime_directory = "/run/opptak";
  Endpoint listen;                        // 127.0.0.1:8080
  std::filesystem::path tls_certificate;  // PEM; both or neither. Neither: loopback only.
  std::filesystem::path tls_key;
  std::string campaign_header = "X-Campaign-Id";
  std::uint32_t silence_timeout_seconds = 120;  // An answered call without a packet ends.
  std::uint32_t setup_timeout_seconds = 240;    // An INVITE without a final response ends.
  std::uint32_t session_hours = 12;             // Of a login.

  ControlSettings();
};

struct PolicySettings {
  std::string default_client = "unassigned";
  RecordingMode default_mode = RecordingMode::kOff;  // Of calls of no known campaign.
  std::optional<RecordingMode> mode_override;        // "" in the file: none.
};

struct ClientSettings {
  std::string id;                         // [a-z0-9_-], 1 to 64.
  std::string name;                       // The id where not given.
  std::uint32_t retention_days_sale = 0;  // 0: until the end of the call's day (UTC).
  std::uint32_t retention_days_other = 0;
};

struct CampaignSettings {
  std::string id;
  std::string client;  // One of the [[client]] tables or policy.default_client.
  RecordingMode mode = RecordingMode::kAutomatic;
  std::uint32_t pre_roll_seconds = 0;
  std::vector<std::string> numbers;  // "+4790*" (prefix) or "+4722334455" (exact).
};

struct LogSettings {
  LogLevel level = LogLevel::kInfo;
};

struct Settings {
  DataplaneSettings dataplane;
  StorageSettings storage;
  VaultSettings vault;
  ControlSettings control;
  PolicySettings policy;
  std::vector<ClientSettings> clients;      // [[client]]
  std::vector<CampaignSettings> campaigns;  // [[campaign]]
  LogSettings log;
};

enum class SettingsErrorCode : std::uint8_t {
  kCannotRead,     // The file is missing or may not be read.
  kSyntax,         // Not TOML.
  kUnknownKey,     // No such key or table; the message offers the nearest one.
  kBadValue,       // Wrong type, out of range, or not one of the allowed words.
  kMissingKey,     // A [[client]] or [[campaign]] without its id, a port without its device.
  kContradiction,  // Each value is allowed, together they are not.
};

struct SettingsError {
  SettingsErrorCode code;
  std::string key;         // "storage.block_bytes"; empty where no key is at fault.
  std::uint32_t line = 0;  // 1-based; 0 where the file has none.
  std::string message;     // One sentence: file, line, key, what is wrong, what is allowed.
};

// Reads and checks a file. Relative paths in it are taken from the file's folder.
[[nodiscard]] std::expected<Settings, SettingsError> load_settings(
    const std::filesystem::path& file);

// The same for text at hand; `name` stands for the file in messages, relative paths stay.
[[nodiscard]] std::expected<Settings, SettingsError> load_settings_text(
    std::string_view text, std::string_view name = "configuration");

// TOML text that loads to the same settings: how `opptak replay` writes its temporary file.
[[nodiscard]] std::string to_toml(const Settings& settings);

struct SettingsKey {
  std::string name;          // "storage.block_bytes", "client[].id".
  std::string default_text;  // As TOML; empty where there is none, and the key must be given.
  std::string allowed;       // "a whole number from 1 to 65535".
};

// Every key, in the order of the documentation.
[[nodiscard]] std::vector<SettingsKey> known_settings_keys();

// "127.0.0.1:8080", "[::1]:8080".
[[nodiscard]] std::optional<Endpoint> parse_endpoint(std::string_view text) noexcept;
[[nodiscard]] bool is_loopback(const IpAddress& address) noexcept;

// True for what clients and campaigns may be called: 1 to 64 of [a-z0-9_-].
[[nodiscard]] bool is_slug(std::string_view text) noexcept;

[[nodiscard]] std::string_view name_of(RecordingMode mode) noexcept;  // "automatic", ...
[[nodiscard]] std::optional<RecordingMode> parse_recording_mode(std::string_view text) noexcept;

}  // namespace opptak::storage
