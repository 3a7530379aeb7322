#include <mutex>

#include <prometheus/collectable.h>

#include "control/catalogue/names.h"
#include "control/metrics/exposition.h"
#include "control/metrics/families.h"

namespace opptak::control::metrics {

namespace {

class CatalogueMetrics final : public prometheus::Collectable {
 public:
  CatalogueMetrics(OpenReader open, std::function<UnixNs()> now, std::int64_t refresh_ns)
      : open_(std::move(open)), now_(std::move(now)), refresh_ns_(refresh_ns) {}

  std::vector<prometheus::MetricFamily> Collect() const override {
    const std::scoped_lock lock(mutex_);
    refresh();
    Families families;
    for (const auto& [state, calls] : counts_.calls) {
      families.gauge("opptak_calls", "Calls in the catalogue, by state.",
                     static_cast<double>(calls), {{"state", std::string(name_of(state))}});
    }
    for (const auto& [state, recordings] : counts_.recordings) {
      families.gauge("opptak_recordings", "Recordings in the catalogue, by state.",
                     static_cast<double>(recordings), {{"state", std::string(name_of(state))}});
    }
    families.counter("opptak_catalogue_count_failures_total",
                     "Times that the catalogue could not be counted; the old counts stand.",
                     static_cast<double>(failures_));
    return families.take();
  }

 private:
  void refresh() const {
    const UnixNs now = now_();
    const bool fresh = counted_at_.known() && now >= counted_at_ && now - counted_at_ < refresh_ns_;
    if (fresh) return;
    auto reader = open_();
    if (reader) {
      if (auto counts = (*reader)->counts_by_state()) {
        counts_ = std::move(*counts);
        counted_at_ = now;
        return;
      }
    }
    ++failures_;
  }

  const OpenReader open_;
  const std::function<UnixNs()> now_;
  const std::int64_t refresh_ns_;
  mutable std::mutex mutex_;
  mutable StateCounts counts_;
  mutable UnixNs counted_at_;
  mutable std::uint64_t failures_ = 0;
};

}  // namespace

std::unique_ptr<prometheus::Collectable> catalogue_metrics(OpenReader open,
                                                           std::function<UnixNs()> now,
                                                           std::int64_t refresh_ns) {
  return std::make_unique<CatalogueMetrics>(std::move(open), std::move(now), refresh_ns);
}

}  // namespace opptak::control::metrics
