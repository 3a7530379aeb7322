#include <prometheus/collectable.h>

#include "control/catalogue/names.h"
#include "control/metrics/exposition.h"
#include "control/metrics/families.h"

namespace opptak::control::metrics {

namespace {

class CoreMetrics final : public prometheus::Collectable {
 public:
  explicit CoreMetrics(const CoreStats& stats) : stats_(stats) {}

  std::vector<prometheus::MetricFamily> Collect() const override {
    Families families;
    add_calls(families);
    add_erasures(families);
    add_dataplane(families);
    add_commits(families);
    return families.take();
  }

 private:
  void add_calls(Families& families) const {
    for (std::size_t i = 0; i < CoreStats::kCallStates; ++i) {
      const auto state = static_cast<CallState>(i);
      if (state == CallState::kInProgress) continue;
      families.counter("opptak_calls_ended_total", "Calls ended since the start, by state.",
                       to_double(stats_.calls_ended_total[i]),
                       {{"state", std::string(name_of(state))}});
    }
    families.counter("opptak_calls_started_total", "Calls seen to begin.",
                     to_double(stats_.calls_started_total));
    families.gauge("opptak_calls_in_progress", "Calls in progress.",
                   to_double(stats_.calls_in_progress));
    families.counter("opptak_recordings_started_total", "Recordings begun.",
                     to_double(stats_.recordings_started_total));
    constexpr const char* kEnded = "opptak_recordings_ended_total";
    constexpr const char* kEndedHelp = "Recordings that ended, by what became of them.";
    families.counter(kEnded, kEndedHelp, to_double(stats_.recordings_stored_total),
                     {{"outcome", "stored"}});
    families.counter(kEnded, kEndedHelp, to_double(stats_.recordings_empty_total),
                     {{"outcome", "empty"}});
    families.counter(kEnded, kEndedHelp, to_double(stats_.recordings_lost_total),
                     {{"outcome", "lost"}});
    families.gauge("opptak_recordings_open", "Recordings being written.",
                   to_double(stats_.recordings_open));
    families.gauge("opptak_recordings_closing", "Recordings whose last blocks are being written.",
                   to_double(stats_.recordings_closing));
  }

  void add_erasures(Families& families) const {
    families.counter("opptak_erasures_total", "Recordings erased.",
                     to_double(stats_.erasures_total));
    families.counter("opptak_erasures_redone_total", "Erasures completed at a start.",
                     to_double(stats_.erasures_redone_total));
    families.gauge("opptak_erasures_pending", "Erasures begun and not yet completed.",
                   to_double(stats_.erasures_pending));
  }

  void add_dataplane(Families& families) const {
    families.counter("opptak_control_events_total", "Records taken from the dataplane.",
                     to_double(stats_.events_total));
    families.counter("opptak_control_events_unknown_total",
                     "Records about a call or recording that control does not know.",
                     to_double(stats_.events_unknown_total));
    families.counter("opptak_sip_messages_total", "SIP messages handled.",
                     to_double(stats_.sip_messages_total));
    families.counter("opptak_sip_not_understood_total", "SIP messages that could not be parsed.",
                     to_double(stats_.sip_not_understood_total));
    families.gauge("opptak_control_commands_waiting", "Commands that wait for room in a ring.",
                   to_double(stats_.outbound_waiting));
    families.counter("opptak_dataplane_connects_total", "Connections made to the dataplane.",
                     to_double(stats_.link_connects_total));
    families.counter("opptak_dataplane_losses_total", "Connections lost to the dataplane.",
                     to_double(stats_.link_losses_total));
    families.gauge("opptak_dataplane_connected", "1 while the dataplane is connected.",
                   to_double(stats_.link_connected));
    families.gauge("opptak_store_condition", "0 ok, 1 full, 2 failing.",
                   to_double(stats_.store_condition));
    families.gauge("opptak_last_event_timestamp_seconds", "Packet time of the last tick.",
                   to_double(stats_.last_event_unix_seconds));
  }

  void add_commits(Families& families) const {
    families.summary("opptak_catalogue_commit_seconds", "Durable commits of the catalogue.",
                     stats_.commits_total.load(std::memory_order_relaxed),
                     to_double(stats_.commit_ns_total) / 1e9);
    families.gauge("opptak_catalogue_commit_last_seconds", "The last durable commit.",
                   to_double(stats_.commit_ns_last) / 1e9);
    families.counter("opptak_catalogue_commit_failures_total", "Commits that failed.",
                     to_double(stats_.commit_failures_total));
  }

  const CoreStats& stats_;
};

}  // namespace

std::unique_ptr<prometheus::Collectable> core_metrics(const CoreStats& stats) {
  return std::make_unique<CoreMetrics>(stats);
}

}  // namespace opptak::control::metrics
