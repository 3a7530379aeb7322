// The control core: joins SIP following, policy, keys, catalogue and the dataplane, on one thread.
// A turn of its loop takes events and requests, decides, makes everything durable at once, and
// only then tells the dataplane, frees the events and answers (docs/recordings.md).
//
// Thread: create(), turn(), run() and finished() belong to the core's thread; the functions of
// Service may be called from any other while run() or turn() is called again and again.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <vector>

#include "control/catalogue/catalogue.h"
#include "control/channel/link.h"
#include "control/core/call_follower.h"
#include "control/core/core_state.h"
#include "control/core/erasure.h"
#include "control/core/requests.h"
#include "control/core/service.h"
#include "control/sip/follower.h"

namespace opptak::control {

// Everything referred to outlives the engine.
struct EngineParts {
  DataplaneLink& link;
  Catalogue& catalogue;
  RecordingStore& store;
  CoreStats& stats;
  std::function<UnixNs()> wall_clock;
  std::function<void(std::span<std::uint8_t>)> random;
};

class Engine final : public Service {
 public:
  // Loads clients and campaigns, the calls in progress, and the erasures to be completed.
  [[nodiscard]] static CatalogueResult<std::unique_ptr<Engine>> create(
      const EngineParts& parts, const EngineSettings& settings, const PolicyDefaults& defaults,
      const sip::FollowerConfig& follower);

  // One turn, without sleeping. Returns true where there was something to do.
  bool turn();
  // Turns until `stop` or finished(). Afterwards every open request has been answered: calls and
  // recordings in progress stay in the catalogue for the next start.
  void run(const std::atomic<bool>& stop);
  // Lockstep: the input has ended, and every call and recording with it.
  [[nodiscard]] bool finished() const;
  // Ends a wait of run(); from any thread.
  void wake() noexcept { link_.wake(); }

  [[nodiscard]] std::expected<RecordingId, ServiceError> start_recording(
      const CallId& call, const Actor& actor) override;
  [[nodiscard]] std::expected<RecordingId, ServiceError> stop_recording(
      const CallId& call, const Actor& actor) override;
  [[nodiscard]] std::expected<ErasureReceipt, ServiceError> erase_recording(
      const RecordingId& recording, const Actor& actor) override;
  [[nodiscard]] std::expected<void, ServiceError> put_client(const ClientRow& client) override;
  [[nodiscard]] std::expected<void, ServiceError> put_campaign(
      const CampaignRow& campaign) override;
  [[nodiscard]] std::expected<void, ServiceError> add_event(const CallEventRow& event) override;
  void on_call_changed(std::function<void(const CallRow&)> fn) override;

  // Where tests cut an erasure off.
  void set_erasure_hook(Erasure::StepHook hook) { erasure_.set_step_hook(std::move(hook)); }

 private:
  Engine(const EngineParts& parts, const EngineSettings& settings, const PolicyDefaults& defaults,
         const sip::FollowerConfig& follower);
  [[nodiscard]] CatalogueResult<void> load();
  void reload_policy();

  // engine_events.cc
  void handle(std::span<const std::uint8_t> record);
  void handle_inspect(std::span<const std::uint8_t> record);
  void advance_time(UnixNs now);
  void handle_input_ended(std::uint16_t worker);
  void count_handled(std::uint16_t worker);

  // engine.cc
  void follow_link();
  [[nodiscard]] bool take_work();
  void decide();
  void stage_rows();
  void answer_lockstep();
  [[nodiscard]] bool commit();
  void set_gauges();

  // engine_service.cc
  template <class Result>
  [[nodiscard]] Result ask(std::function<void(std::function<void(Result)>)> work);

  DataplaneLink& link_;
  Catalogue& catalogue_;
  std::function<UnixNs()> wall_clock_;
  PolicyDefaults policy_defaults_;
  std::vector<ClientRow> clients_;
  std::vector<CampaignRow> campaigns_;
  CoreState state_;
  sip::Follower follower_;
  CallFollower calls_;
  Erasure erasure_;
  Requests requests_;
  std::vector<std::uint64_t> handled_;  // Lockstep: Inspect and Tick records, by worker.
  std::vector<bool> handled_changed_;
  std::set<std::uint16_t> input_ended_;
  bool commit_failed_ = false;
  bool write_now_ = true;  // Someone waits for the rows, also where nothing has to be durable.
};

}  // namespace opptak::control
