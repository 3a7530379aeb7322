#include "storage/settings/settings.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace opptak::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

SettingsError error_of(std::string_view text) {
  auto settings = load_settings_text(text, "test.toml");
  EXPECT_FALSE(settings) << "loaded: " << text;
  return settings ? SettingsError{} : settings.error();
}

void expect_error(std::string_view text, SettingsErrorCode code, std::string_view key,
                  std::uint32_t line, std::string_view says) {
  SCOPED_TRACE(text);
  const SettingsError error = error_of(text);
  EXPECT_EQ(error.code, code) << error.message;
  EXPECT_EQ(error.key, key);
  EXPECT_EQ(error.line, line);
  EXPECT_THAT(error.message, HasSubstr(std::string(says)));
  EXPECT_THAT(error.message, HasSubstr("test.toml, line " + std::to_string(line)));
  EXPECT_EQ(error.message.find('\n'), std::string::npos);
}

std::string read_file(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

const std::filesystem::path kDocs = OPPTAK_DOCS;

// Goal: an empty file means the defaults that settings.h promises.
TEST(Settings, EmptyFileIsTheDefaults) {
  const auto settings = load_settings_text("");
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(to_toml(*settings), to_toml(Settings{}));
  EXPECT_TRUE(settings->dataplane.ports.empty());
  EXPECT_EQ(settings->storage.block_bytes, 16'384U);
  EXPECT_EQ(to_string(settings->control.listen), "127.0.0.1:8080");
  EXPECT_EQ(to_string(settings->dataplane.metrics_listen), "127.0.0.1:9464");
  EXPECT_EQ(settings->policy.default_mode, RecordingMode::kOff);
  EXPECT_FALSE(settings->policy.mode_override);
}

TEST(Settings, ReadsEveryKindOfValue) {
  const auto settings = load_settings_text(R"(
[dataplane]
ports = [{ device = "net_af_packet0,iface=vB", queues = 2 }, { device = "0000:01:00.0" }]
huge_pages = "off"
sip_ports = [5060, 5080]
lockstep = false
worker_cores = [2, 3, 4]
metrics_listen = "[::1]:9000"
[storage]
directory = "/data"
durability = "none"
[vault]
file = "/vault/key"
[policy]
mode_override = "manual"
[log]
level = "debug"
[[client]]
id = "acme"
retention_days_sale = 30
[[campaign]]
id = "spring"
client = "acme"
mode = "manual"
numbers = ["+4790*", "22334455"]
)");
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_THAT(settings->dataplane.ports, ElementsAre(PortSettings{"net_af_packet0,iface=vB", 2},
                                                     PortSettings{"0000:01:00.0", 1}));
  EXPECT_EQ(settings->dataplane.huge_pages, HugePages::kOff);
  EXPECT_THAT(settings->dataplane.sip_ports, ElementsAre(5060, 5080));
  EXPECT_THAT(settings->dataplane.worker_cores, ElementsAre(2, 3, 4));
  EXPECT_EQ(to_string(settings->dataplane.metrics_listen), "[::1]:9000");
  EXPECT_EQ(settings->storage.directory, "/data");
  EXPECT_EQ(settings->storage.durability, Durability::kNone);
  EXPECT_EQ(settings->policy.mode_override, RecordingMode::kManual);
  EXPECT_EQ(settings->log.level, LogLevel::kDebug);
  ASSERT_EQ(settings->clients.size(), 1U);
  EXPECT_EQ(settings->clients[0].name, "acme");  // Where no name is given.
  EXPECT_EQ(settings->clients[0].retention_days_sale, 30U);
  ASSERT_EQ(settings->campaigns.size(), 1U);
  EXPECT_EQ(settings->campaigns[0].mode, RecordingMode::kManual);
  EXPECT_THAT(settings->campaigns[0].numbers, ElementsAre("+4790*", "22334455"));
}

// Goal: what replay writes is what the processes read, for every key.
TEST(Settings, WrittenTextLoadsToTheSame) {
  Settings settings;
  settings.dataplane.capture_files = {"/tmp/a \"b\"\\c.pcap", "/tmp/\x01.pcapng"};
  settings.dataplane.lockstep = true;
  settings.dataplane.writer_cores = {7};
  settings.storage.durability = Durability::kNone;
  settings.policy.mode_override = RecordingMode::kAutomatic;
  settings.clients.push_back({"acme", "ACME \xc3\x85S", 1, 2});
  settings.campaigns.push_back({"spring", "acme", RecordingMode::kOff, 3, {"+47*"}});
  const auto again = load_settings_text(to_toml(settings));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(to_toml(*again), to_toml(settings));
  EXPECT_EQ(again->dataplane.capture_files, settings.dataplane.capture_files);
  EXPECT_TRUE(again->dataplane.lockstep);

  Settings live;
  live.dataplane.ports = {{"net_memif0,role=server", 4}};
  const auto live_again = load_settings_text(to_toml(live));
  ASSERT_TRUE(live_again) << live_again.error().message;
  EXPECT_EQ(live_again->dataplane.ports, live.dataplane.ports);
}

// Goal: every unknown key is an error with its line. Method: in each section, a key that none has.
TEST(Settings, EveryUnknownKeyNamesItsLine) {
  for (const std::string section : {"dataplane", "storage", "vault", "control", "policy", "log"}) {
    expect_error("# first\n[" + section + "]\n\nqqqqq = 1\n", SettingsErrorCode::kUnknownKey,
                 section + ".qqqqq", 4, "no known key; known here: ");
  }
  for (const std::string section : {"client", "campaign"}) {
    expect_error("[[" + section + "]]\nid = \"a\"\nqqqqq = 1\n", SettingsErrorCode::kUnknownKey,
                 section + "[].qqqqq", 3, "no known key");
  }
  expect_error(
      "[dataplane]\nports = [\n  { device = \"net_x\" },\n"
      "  { device = \"net_y\", qqqqq = 1 } ]\n",
      SettingsErrorCode::kUnknownKey, "dataplane.ports[].qqqqq", 4, "no known key");
  expect_error("\n[stroage]\n", SettingsErrorCode::kUnknownKey, "stroage", 2,
               "did you mean \"storage\"?");
  expect_error("[[clients]]\n", SettingsErrorCode::kUnknownKey, "clients", 1,
               "did you mean \"client\"?");
}

// Goal: a typo in any key is answered with that key. Method: swap, drop and add a letter in each.
TEST(Settings, SuggestsEveryKeyForItsTypos) {
  for (const SettingsKey& key : known_settings_keys()) {
    if (key.name.contains("[]")) continue;
    const auto dot = key.name.find('.');
    const std::string section = key.name.substr(0, dot);
    const std::string name = key.name.substr(dot + 1);
    std::string swapped = name;
    std::swap(swapped[1], swapped[2]);
    const std::set<std::string> typos{swapped, name.substr(1), name + "s"};
    for (const std::string& typo : typos) {
      if (typo == name) continue;
      expect_error("[" + section + "]\n" + typo + " = 1\n", SettingsErrorCode::kUnknownKey,
                   section + "." + typo, 2, "did you mean \"" + name + "\"?");
    }
  }
  expect_error("[control]\nblock_bytes = 1\n", SettingsErrorCode::kUnknownKey,
               "control.block_bytes", 2, "did you mean storage.block_bytes?");
}

// Goal: no key takes a value of a wrong type. Method: to each key, one that none takes.
TEST(Settings, EveryKeyRefusesAWrongType) {
  for (const SettingsKey& key : known_settings_keys()) {
    if (key.name.contains("[]")) continue;
    const auto dot = key.name.find('.');
    const std::string line = key.name.substr(dot + 1) + " = 1979-05-27\n";
    expect_error("[" + key.name.substr(0, dot) + "]\n" + line, SettingsErrorCode::kBadValue,
                 key.name, 2, "must be " + key.allowed);
  }
}

TEST(Settings, RefusesBadValues) {
  const auto bad = SettingsErrorCode::kBadValue;
  expect_error("[storage]\nblock_bytes = 16385\n", bad, "storage.block_bytes", 2,
               "a whole number from 16384 to 65536, a multiple of 4096");
  expect_error("[storage]\nblock_bytes = 69632\n", bad, "storage.block_bytes", 2, "65536");
  expect_error("[storage]\nblock_bytes = \"16384\"\n", bad, "storage.block_bytes", 2, "must be");
  expect_error("[dataplane]\nwriters = -1\n", bad, "dataplane.writers", 2, "from 1 to 64");
  expect_error("[dataplane]\nsip_ports = [5060, 5060]\n", bad, "dataplane.sip_ports", 2,
               "different");
  expect_error("[dataplane]\nsip_ports = [70000]\n", bad, "dataplane.sip_ports", 2, "65535");
  expect_error("[dataplane]\nports = [{ device = \"capture:/x.pcap\" }]\n", bad,
               "dataplane.ports[].device", 2, "dataplane.capture_files");
  expect_error("[dataplane]\nports = \"net_x\"\n", bad, "dataplane.ports", 2, "array of tables");
  expect_error("[control]\nlisten = \"localhost:80\"\n", bad, "control.listen", 2, "IP address");
  expect_error("[control]\nlisten = \"127.0.0.1:65536\"\n", bad, "control.listen", 2, "port");
  expect_error("[control]\ncampaign_header = \"X Y\"\n", bad, "control.campaign_header", 2, "SIP");
  expect_error("[policy]\ndefault_mode = \"Off\"\n", bad, "policy.default_mode", 2,
               "one of \"automatic\", \"manual\", \"off\"");
  expect_error("[storage]\ndirectory = \"a\\u0000b\"\n", bad, "storage.directory", 2, "a path");
  expect_error("[storage]\ndirectory = \"\"\n", bad, "storage.directory", 2, "a path");
  expect_error("storage = 1\n", bad, "storage", 1, "[storage]");
  expect_error("client = 1\n", bad, "client", 1, "[[client]]");
  expect_error("[[campaign]]\nid = \"a\"\nclient = \"unassigned\"\nnumbers = [\"+47 90\"]\n", bad,
               "campaign[].numbers", 4, "prefixes");
  expect_error("[[client]]\nid = \"ACME\"\n", bad, "client[].id", 2, "a-z");
}

TEST(Settings, NamesMissingKeys) {
  expect_error("[[client]]\nname = \"x\"\n", SettingsErrorCode::kMissingKey, "client[].id", 1,
               "must be given");
  expect_error("\n[[campaign]]\nid = \"x\"\n", SettingsErrorCode::kMissingKey, "campaign[].client",
               2, "must be given");
  expect_error("[dataplane]\nports = [{ queues = 1 }]\n", SettingsErrorCode::kMissingKey,
               "dataplane.ports[].device", 2, "must be given");
}

TEST(Settings, RefusesContradictions) {
  const auto code = SettingsErrorCode::kContradiction;
  expect_error("[control]\nlisten = \"0.0.0.0:8080\"\n", code, "control.listen", 2, "plain HTTP");
  expect_error("[control]\ntls_key = \"k\"\n", code, "control.tls_key", 2,
               "control.tls_certificate");
  expect_error("[control]\ntls_certificate = \"c\"\n", code, "control.tls_certificate", 2,
               "control.tls_key");
  expect_error("[storage]\ndirectory = \"/s\"\n[vault]\nfile = \"/s/x/../keys/root\"\n", code,
               "vault.file", 4, "inside storage.directory");
  expect_error("[dataplane]\nlockstep = true\nports = [{ device = \"net_x\" }]\n", code,
               "dataplane.lockstep", 2, "capture_files");
  expect_error("[dataplane]\nports = [{ device = \"net_x\", queues = 2 }]\nworker_cores = [1]\n",
               code, "dataplane.worker_cores", 3, "2 queues");
  expect_error("[dataplane]\nports = [{ device = \"net_x,a\" }, { device = \"net_x\" }]\n", code,
               "dataplane.ports", 2, "twice");
  expect_error("[[client]]\nid = \"a\"\n[[client]]\nid = \"a\"\n", code, "client[].id", 3, "twice");
  expect_error("[[client]]\nid = \"acme\"\n[[campaign]]\nid = \"c\"\nclient = \"amce\"\n", code,
               "campaign[].client", 3, "did you mean \"acme\"?");
  const auto loopback = load_settings_text("[control]\nlisten = \"[::1]:0\"\n");
  EXPECT_TRUE(loopback);
  const auto tls = load_settings_text(
      "[control]\nlisten = \"0.0.0.0:443\"\ntls_certificate = \"c\"\ntls_key = \"k\"\n");
  EXPECT_TRUE(tls);
}

TEST(Settings, SaysWhereTheSyntaxBreaks) {
  expect_error("[storage]\nsegment_mib = \n", SettingsErrorCode::kSyntax, "", 2, "not TOML");
  expect_error("[storage]\na = 1\na = 2\n", SettingsErrorCode::kSyntax, "", 3, "not TOML");
}

// Goal: no prefix of a file crashes the reader, and every refusal is one sentence with its file.
TEST(Settings, SurvivesEveryTruncation) {
  const std::string text = read_file(kDocs / "opptak.example.toml");
  ASSERT_GT(text.size(), 500U);
  for (std::size_t size_bytes = 0; size_bytes < text.size(); ++size_bytes) {
    const auto settings = load_settings_text(std::string_view(text).substr(0, size_bytes), "cut");
    if (settings) continue;
    EXPECT_THAT(settings.error().message, HasSubstr("cut, line "));
    EXPECT_EQ(settings.error().message.find('\n'), std::string::npos);
  }
}

TEST(Settings, ResolvesPathsFromTheFolderOfTheFile) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "settings-paths";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "opptak.toml") << "[storage]\ndirectory = \"store\"\n"
                                           "[vault]\nfile = \"../vault/root.key\"\n"
                                           "[control]\nruntime_directory = \"/run/x\"\n";
  const auto settings = load_settings(folder / "opptak.toml");
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->storage.directory, folder / "store");
  EXPECT_EQ(settings->vault.file, folder.parent_path() / "vault/root.key");
  EXPECT_EQ(settings->control.runtime_directory, "/run/x");
  EXPECT_TRUE(settings->control.tls_key.empty());

  const auto missing = load_settings(folder / "no.toml");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, SettingsErrorCode::kCannotRead);
  EXPECT_THAT(missing.error().message, HasSubstr("no.toml"));
  EXPECT_FALSE(load_settings(folder));  // A folder is no file.
  std::filesystem::remove_all(folder);
}

TEST(Settings, ParsesEndpoints) {
  EXPECT_EQ(to_string(*parse_endpoint("10.0.0.1:4000")), "10.0.0.1:4000");
  EXPECT_EQ(to_string(*parse_endpoint("[2001:db8::1]:5000")), "[2001:db8::1]:5000");
  for (const std::string_view bad :
       {"", ":", "10.0.0.1", "10.0.0.1:", ":80", "[]:80", "[::1]", "::1:80", "[10.0.0.1]:80",
        "10.0.0.1:-1", "10.0.0.1:80 ", "10.0.0.1:0x50", "[::1:80", "a:80"}) {
    EXPECT_FALSE(parse_endpoint(bad)) << bad;
  }
  EXPECT_TRUE(is_loopback(*parse_address("127.1.2.3")));
  EXPECT_TRUE(is_loopback(*parse_address("::1")));
  EXPECT_FALSE(is_loopback(*parse_address("::")));
  EXPECT_FALSE(is_loopback(*parse_address("10.0.0.1")));
}

// Goal: the page and the program tell the same. Method: the rows of its tables against the keys.
TEST(SettingsDocumentation, ListsExactlyTheKnownKeys) {
  std::map<std::string, std::string> rows;
  std::istringstream page(read_file(kDocs / "configuration.md"));
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("| `")) continue;
    const auto end = line.find('`', 3);
    EXPECT_TRUE(rows.emplace(line.substr(3, end - 3), line).second) << "twice: " << line;
  }
  std::set<std::string> known;
  for (const SettingsKey& key : known_settings_keys()) {
    known.insert(key.name);
    const std::string given =
        key.default_text.empty() ? "*required*" : "`" + key.default_text + "`";
    const std::string wanted = "| `" + key.name + "` | " + given + " | " + key.allowed + " | ";
    ASSERT_TRUE(rows.contains(key.name)) << "not documented: " << key.name;
    EXPECT_THAT(rows[key.name], ::testing::StartsWith(wanted));
    EXPECT_GT(rows[key.name].size(), wanted.size() + 10) << "no meaning: " << key.name;
  }
  for (const auto& [name, line] : rows) {
    EXPECT_TRUE(known.contains(name)) << "documented, but unknown: " << name;
  }
}

TEST(SettingsDocumentation, ExampleLoads) {
  const auto settings = load_settings(kDocs / "opptak.example.toml");
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->clients.size(), 2U);
  EXPECT_EQ(settings->campaigns.size(), 2U);
}

}  // namespace
}  // namespace opptak::storage
