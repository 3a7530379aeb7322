// opptak-control: follows calls, decides, keeps the catalogue, serves the API and the page. See
// docs/architecture.md.
#include <atomic>
#include <csignal>
#include <string>

#include <CLI/CLI.hpp>
#include <sodium.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>

#include "control/channel/channel_link.h"
#include "control/core/engine.h"
#include "control/main/control_store.h"
#include "control/main/web_front.h"
#include "control/policy/policy.h"

namespace opptak::control {

namespace {

std::atomic<bool> stop_requested{false};
std::atomic<ChannelLink*> link_to_wake{nullptr};

// Async-signal-safe: one store, and one write to an eventfd.
extern "C" void on_stop_signal(int) {
  stop_requested.store(true);
  if (ChannelLink* const link = link_to_wake.load()) link->wake();
}

void handle_signals() {
  struct sigaction action{};
  action.sa_handler = on_stop_signal;
  sigemptyset(&action.sa_mask);
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

int fail(const std::string& sentence) {
  spdlog::error("{}", sentence);
  return 1;
}

EngineSettings engine_settings(const storage::Settings& settings) {
  EngineSettings engine;
  engine.silence_timeout_ns = std::int64_t{settings.control.silence_timeout_seconds} * kNsPerSecond;
  engine.durable = settings.storage.durability == storage::Durability::kFull;
  return engine;
}

sip::FollowerConfig follower_config(const storage::Settings& settings) {
  sip::FollowerConfig config;
  config.campaign_header = settings.control.campaign_header;
  config.setup_timeout_ns = std::int64_t{settings.control.setup_timeout_seconds} * kNsPerSecond;
  randombytes_buf(config.hash_key.data(), config.hash_key.size());
  return config;
}

void fill_random(std::span<std::uint8_t> bytes) { randombytes_buf(bytes.data(), bytes.size()); }

int run(const std::string& config) {
  const auto settings = storage::load_settings(config);
  if (!settings) return fail(settings.error().message);
  spdlog::set_level(static_cast<spdlog::level::level_enum>(settings->log.level));
  auto store = ControlStore::open(*settings, system_now());
  if (!store) return fail(store.error());

  CoreStats stats;
  ChannelLink link((settings->control.runtime_directory / "dataplane.sock").string());
  link_to_wake.store(&link);
  auto engine = Engine::create({.link = link,
                                .catalogue = *(*store)->catalogue,
                                .store = *(*store)->recordings,
                                .stats = stats,
                                .wall_clock = system_now,
                                .random = fill_random},
                               engine_settings(*settings), policy_defaults(settings->policy),
                               follower_config(*settings));
  if (!engine) return fail(engine.error().message);
  std::unique_ptr<WebFront> front;
  if (!settings->dataplane.lockstep) {  // A replay is read back from its store, nobody asks it.
    auto started = WebFront::start(*settings, **store, **engine, stats);
    if (!started) return fail(started.error());
    front = std::move(*started);
    spdlog::info("the page and the API are at {}", to_string(settings->control.listen));
  }
  (*engine)->run(stop_requested);
  front.reset();
  link_to_wake.store(nullptr);
  return 0;
}

}  // namespace

}  // namespace opptak::control

int main(int argc, char** argv) {
  spdlog::set_default_logger(spdlog::stderr_color_mt("control"));
  prctl(PR_SET_DUMPABLE, 0);  // Keys pass through this memory: no core dump, no ptrace.
  if (sodium_init() < 0) {
    spdlog::error("libsodium does not work on this host");
    return 1;
  }
  CLI::App app("Opptak's control: follows calls, decides, keeps the catalogue, serves the page");
  std::string config;
  app.add_option("--config", config, "Configuration file")->required();
  CLI11_PARSE(app, argc, argv);
  opptak::control::handle_signals();
  return opptak::control::run(config);
}
