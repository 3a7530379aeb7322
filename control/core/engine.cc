#include "control/core/engine.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <spdlog/spdlog.h>

#include "control/core/call_end.h"
#include "control/core/media_targets.h"
#include "control/core/recorder.h"
#include "control/core/resume.h"
#include "control/core/resync.h"

namespace opptak::control {

namespace {

constexpr std::chrono::milliseconds kIdleWait{100};
constexpr std::chrono::milliseconds kRetryWait{200};

// Ids that this process gives out are above those of its predecessors.
std::uint64_t first_number(UnixNs now) {
  return (static_cast<std::uint64_t>(std::max<std::int64_t>(now.value, 0)) / kNsPerMs) << 20 | 1;
}

}  // namespace

Engine::Engine(const EngineParts& parts, const EngineSettings& settings,
               const PolicyDefaults& defaults, const sip::FollowerConfig& follower)
    : link_(parts.link),
      catalogue_(parts.catalogue),
      wall_clock_(parts.wall_clock),
      policy_defaults_(defaults),
      state_(settings, parts.store, parts.stats, Policy({}, {}, defaults), parts.random,
             first_number(parts.wall_clock())),
      follower_(follower),
      calls_(state_, parts.catalogue),
      erasure_(state_, parts.catalogue) {}

CatalogueResult<std::unique_ptr<Engine>> Engine::create(const EngineParts& parts,
                                                        const EngineSettings& settings,
                                                        const PolicyDefaults& defaults,
                                                        const sip::FollowerConfig& follower) {
  std::unique_ptr<Engine> engine(new Engine(parts, settings, defaults, follower));
  auto loaded = engine->load();
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  return engine;
}

CatalogueResult<void> Engine::load() {
  auto clients = catalogue_.clients();
  if (!clients) return std::unexpected(std::move(clients.error()));
  auto campaigns = catalogue_.campaigns();
  if (!campaigns) return std::unexpected(std::move(campaigns.error()));
  clients_ = std::move(*clients);
  campaigns_ = std::move(*campaigns);
  reload_policy();
  auto resumed = resume_calls(state_, catalogue_, follower_);
  if (!resumed) return resumed;
  calls_.expect_repeats(true);
  return erasure_.resume();
}

void Engine::reload_policy() { state_.policy = Policy(clients_, campaigns_, policy_defaults_); }

void Engine::follow_link() {
  switch (link_.advance()) {
    case LinkChange::kNone:
      break;
    case LinkChange::kConnected:
      handled_.resize(link_.geometry().workers);
      handled_changed_.assign(link_.geometry().workers, false);
      state_.stats.link_connects_total.fetch_add(1, std::memory_order_relaxed);
      resynchronise(state_, link_.geometry());
      break;
    case LinkChange::kLost:
      state_.stats.link_losses_total.fetch_add(1, std::memory_order_relaxed);
      break;
  }
}

bool Engine::take_work() {
  const auto requests = requests_.take();
  for (const auto& work : requests) work();
  if (!requests.empty()) write_now_ = true;
  // Full rings to the dataplane: it has to catch up before more can be asked of it.
  const std::size_t waiting = link_.flush();
  state_.stats.outbound_waiting.store(static_cast<std::int64_t>(waiting),
                                      std::memory_order_relaxed);
  if (waiting > state_.settings.outbound_max) return !requests.empty();
  const std::size_t budget = state_.settings.events_per_turn;
  const std::size_t taken =
      link_.poll([this](std::span<const std::uint8_t> record) { handle(record); }, budget);
  if (link_.connected() && taken < budget) calls_.expect_repeats(false);
  return taken > 0 || !requests.empty();
}

void Engine::decide() {
  open_staged(state_);
  tell_targets(state_);
  send_barriers(state_);
  stage_rows();
  answer_lockstep();
}

void Engine::stage_rows() {
  for (const CallId& id : std::exchange(state_.touched, {})) {
    LiveCall* const call = state_.calls.find(id);
    if (call == nullptr) continue;
    if (state_.settings.durable) {
      const std::string dialog = call->number == 0 ? "" : follower_.snapshot(call->number);
      call->row.resume_json = encode_resume(state_, *call, dialog);
    }
    state_.batch.put_call(call->row);
    state_.batch.after_commit([this, row = call->row] { state_.on_changed(row); });
  }
}

void Engine::answer_lockstep() {
  if (!link_.geometry().lockstep) return;
  for (std::uint16_t worker = 0; worker < handled_.size(); ++worker) {
    if (!handled_changed_[worker]) continue;
    handled_changed_[worker] = false;
    auto handled = make_message<dataplane::InspectHandled>();
    handled.count = handled_[worker];
    state_.batch.to_worker(worker, handled);
  }
}

bool Engine::commit() {
  const bool write = state_.settings.durable || write_now_ || finished() ||
                     state_.batch.row_count() >= state_.settings.rows_per_commit;
  if (write && state_.batch.has_rows()) {
    const auto began = std::chrono::steady_clock::now();
    const auto written = state_.batch.write_rows(catalogue_);
    if (!written) {
      state_.stats.commit_failures_total.fetch_add(1, std::memory_order_relaxed);
      if (!commit_failed_) spdlog::error("the catalogue: {}", written.error().message);
      commit_failed_ = true;
      return false;
    }
    const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - began;
    state_.stats.commits_total.fetch_add(1, std::memory_order_relaxed);
    state_.stats.commit_ns_total.fetch_add(static_cast<std::uint64_t>(took.count()),
                                           std::memory_order_relaxed);
    state_.stats.commit_ns_last.store(took.count(), std::memory_order_relaxed);
  }
  if (std::exchange(commit_failed_, false)) spdlog::info("the catalogue can be written again");
  write_now_ = false;
  state_.batch.send_and_answer(link_);
  link_.release();
  return true;
}

bool Engine::turn() {
  follow_link();
  if (commit_failed_) return commit();
  const bool worked = take_work() || !state_.touched.empty() || state_.keys_staged ||
                      !state_.drains.empty() || !state_.batch.empty();
  if (worked) {
    decide();
    if (!commit()) return false;
  }
  const bool erased = erasure_.pending();
  erasure_.run(wall_clock_());
  set_gauges();
  return worked || erased;
}

void Engine::run(const std::atomic<bool>& stop) {
  while (!stop.load(std::memory_order_relaxed) && !finished()) {
    if (turn()) continue;
    link_.wait(commit_failed_ ? kRetryWait : kIdleWait);
  }
  write_now_ = true;
  if (!commit()) spdlog::error("the last changes could not be written; a start repeats them");
  requests_.close();
  state_.batch.abandon_answers();
  erasure_.abandon();
}

bool Engine::finished() const {
  return link_.geometry().lockstep && link_.geometry().workers > 0 &&
         input_ended_.size() >= link_.geometry().workers && state_.calls.size() == 0 &&
         state_.touched.empty() && !state_.keys_staged;
}

void Engine::set_gauges() {
  const auto set = [](CoreStats::Gauge& gauge, std::int64_t value) {
    gauge.store(value, std::memory_order_relaxed);
  };
  CoreStats& stats = state_.stats;
  set(stats.calls_in_progress, static_cast<std::int64_t>(state_.calls.size()));
  const auto unfinished = static_cast<std::int64_t>(state_.calls.recording_count());
  set(stats.recordings_open, unfinished - state_.closing);
  set(stats.recordings_closing, state_.closing);
  set(stats.link_connected, link_.connected() ? 1 : 0);
  set(stats.last_event_unix_seconds, state_.clock.now().value / kNsPerSecond);
}

}  // namespace opptak::control
