// opptak replay: takes captures through the gateway's own processes on a temporary store, as fast
// as it can, then reads everything back from that store.
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <sys/resource.h>

#include "control/cli/capture_check.h"
#include "control/cli/commands.h"
#include "control/cli/configuration.h"
#include "control/cli/programs.h"
#include "control/cli/replay_export.h"
#include "control/cli/replay_report.h"
#include "control/cli/supervisor.h"
#include "control/cli/temporary.h"
#include "dataplane/api/channel.h"
#include "storage/key/file_vault.h"

namespace opptak::control::cli {
namespace {

constexpr const char* kCatalogueFile = "catalogue.sqlite";  // As control makes it.

struct ReplayOptions {
  std::vector<std::string> captures;
  std::string mode;
  std::string config;
  std::string export_directory;
  std::string log_level = "warning";
  bool json = false;
  bool stats = false;
};

// What is wrong with captures that can be replayed all the same.
CliResult<std::vector<std::string>> check_captures(const std::vector<std::string>& captures) {
  std::vector<std::string> remarks;
  for (const std::string& capture : captures) {
    const auto checked = check_capture(capture);
    if (!checked) return std::unexpected(checked.error());
    if (*checked) remarks.push_back(describe(**checked, capture));
  }
  return remarks;
}

// The configuration's policy on a store, ports and addresses of the replay's own.
CliResult<storage::Settings> replay_settings(const ReplayOptions& options,
                                             const std::filesystem::path& directory) {
  storage::Settings settings;
  settings.policy.default_mode = storage::RecordingMode::kAutomatic;
  if (!options.config.empty()) {
    auto read = read_configuration(options.config);
    if (!read) return std::unexpected(read.error());
    settings = std::move(*read);
  }
  if (!options.mode.empty()) {
    settings.policy.mode_override = storage::parse_recording_mode(options.mode);
  }
  settings.dataplane.ports.clear();
  settings.dataplane.capture_files.clear();
  for (const std::string& capture : options.captures) {
    settings.dataplane.capture_files.push_back(std::filesystem::absolute(capture));
  }
  settings.dataplane.lockstep = true;
  settings.dataplane.worker_cores.clear();
  settings.dataplane.writer_cores.clear();
  settings.dataplane.metrics_listen.port = 0;
  settings.storage.directory = directory / "store";
  settings.storage.durability = storage::Durability::kNone;
  settings.vault.file = directory / "vault" / "root.key";
  settings.control.runtime_directory = directory / "run";
  settings.control.listen = settings.dataplane.metrics_listen;
  settings.control.tls_certificate.clear();
  settings.control.tls_key.clear();
  if (options.log_level == "debug") settings.log.level = storage::LogLevel::kDebug;
  if (options.log_level == "info") settings.log.level = storage::LogLevel::kInfo;
  if (options.log_level == "warning") settings.log.level = storage::LogLevel::kWarning;
  if (options.log_level == "error") settings.log.level = storage::LogLevel::kError;
  return settings;
}

CliResult<std::filesystem::path> prepare(const storage::Settings& settings,
                                         const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directories(settings.control.runtime_directory, error);
  if (error) return fail(fmt::format("{}: {}.", directory.string(), error.message()));
  const auto file = directory / "opptak.toml";
  const std::string text = storage::to_toml(settings);
  auto written =
      write_private_file(file, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  if (!written) return std::unexpected(written.error());
  return file;
}

void print_stats(const Usage& usage) {
  struct rusage own{};
  getrusage(RUSAGE_SELF, &own);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  // opptak-render, where an export has run it.
  struct rusage children{};
  getrusage(RUSAGE_CHILDREN, &children);
  const double own_seconds = seconds(own.ru_utime) + seconds(own.ru_stime);
  const double total = own_seconds + seconds(children.ru_utime) + seconds(children.ru_stime);
  const double own_mib = static_cast<double>(own.ru_maxrss) / 1'024;
  const double dataplane_mib = static_cast<double>(usage.dataplane_peak_bytes) / (1 << 20);
  const double control_mib = static_cast<double>(usage.control_peak_bytes) / (1 << 20);
  fmt::print(stderr,
             "CPU {:.2f} s (dataplane {:.2f}, control {:.2f}, read-back {:.2f}); peak memory "
             "{:.0f} MiB (dataplane {:.0f}, control {:.0f}, read-back {:.0f}; memory that two "
             "share counts twice)\n",
             total, usage.dataplane_cpu_seconds, usage.control_cpu_seconds, own_seconds,
             own_mib + dataplane_mib + control_mib, dataplane_mib, control_mib, own_mib);
}

CliResult<ReplayReport> read_all_back(const storage::Settings& settings, int channel_memory,
                                      const std::string& export_directory) {
  const auto channel = dataplane::Channel::attach(channel_memory);
  if (!channel) return fail(dataplane::describe(channel.error()) + ".");
  const auto packets = dataplane::sum_packets(channel->counters());
  const std::filesystem::path& store = settings.storage.directory;
  auto catalogue = open_sqlite_catalogue_reader(store / kCatalogueFile);
  if (!catalogue) return fail(catalogue.error().message);
  auto vault = storage::FileVault::open(settings.vault.file, false);
  if (!vault) return fail(vault.error().message);
  auto keys = storage::KeyStore::open(store, **vault, {.durable = false, .read_only = true});
  if (!keys) return fail(keys.error().message);
  auto report = read_replay(store, **catalogue, *keys, packets);
  if (!report || export_directory.empty()) return report;
  if (auto exported = export_replay(*report, store, *keys, export_directory); !exported) {
    return std::unexpected(exported.error());
  }
  return report;
}

CliResult<int> replay(const ReplayOptions& options) {
  const auto remarks = check_captures(options.captures);
  if (!remarks) return std::unexpected(remarks.error());
  const auto directory = TemporaryDirectory::make("opptak-replay");
  if (!directory) return std::unexpected(directory.error());
  const auto settings = replay_settings(options, directory->path());
  if (!settings) return std::unexpected(settings.error());
  const auto config = prepare(*settings, directory->path());
  if (!config) return std::unexpected(config.error());
  auto supervisor =
      Supervisor::create({.programs = programs_directory(), .config = *config, .until_done = true});
  if (!supervisor) return std::unexpected(supervisor.error());
  if (auto ran = supervisor->run([] {}); !ran) return std::unexpected(ran.error());
  if (supervisor->interrupted()) return fail("The replay was interrupted; nothing of it is kept.");
  const auto report =
      read_all_back(*settings, supervisor->channel_memory(), options.export_directory);
  if (!report) return std::unexpected(report.error());
  fmt::print("{}", options.json ? to_json(*report) : to_table(*report));
  if (options.stats) print_stats(supervisor->usage());
  for (const std::string& remark : *remarks) fmt::print(stderr, "opptak: {}\n", remark);
  return remarks->empty() ? kExitOk : kExitIncomplete;
}

}  // namespace

void add_replay(CLI::App& application, Action& chosen) {
  auto* command = application.add_subcommand(
      "replay", "Take captures through the gateway on a temporary store and report what it made");
  auto options = std::make_shared<ReplayOptions>();
  command->add_option("captures", options->captures, "pcap or pcapng files, merged by time")
      ->type_name("CAPTURE")
      ->required();
  command->add_option("--mode", options->mode, "Mode of every call, whatever its campaign")
      ->check(CLI::IsMember({"automatic", "manual", "off"}));
  command
      ->add_option("--config", options->config,
                   "Configuration file: policy and timeouts; without it every call is recorded")
      ->type_name("FILE");
  command->add_flag("--json", options->json, "Print the report as JSON");
  command
      ->add_option("--export", options->export_directory,
                   "Write WAV and rtpdump files of every recording into this directory")
      ->type_name("DIR");
  command->add_flag("--stats", options->stats, "Say what CPU time and memory it took");
  command->add_option("--log", options->log_level, "How much the processes say on standard error")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
  command->footer(
      "Exit status: 0 all was taken; 1 failed; 2 reported, but a capture file is cut or damaged.");
  command->callback([options, &chosen] { chosen = [options] { return replay(*options); }; });
}

}  // namespace opptak::control::cli
