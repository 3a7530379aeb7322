// Short ways to make metric families for prometheus-cpp. Internal to control/metrics.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <prometheus/metric_family.h>

namespace opptak::control::metrics {

using Label = std::pair<std::string, std::string>;

class Families {
 public:
  // Adds one value to the family of this name; the first one makes it.
  void counter(const char* name, const char* help, double value, std::vector<Label> labels = {}) {
    prometheus::ClientMetric metric = labelled(std::move(labels));
    metric.counter.value = value;
    family(name, help, prometheus::MetricType::Counter).metric.push_back(std::move(metric));
  }
  void gauge(const char* name, const char* help, double value, std::vector<Label> labels = {}) {
    prometheus::ClientMetric metric = labelled(std::move(labels));
    metric.gauge.value = value;
    family(name, help, prometheus::MetricType::Gauge).metric.push_back(std::move(metric));
  }
  // Sum and count, without quantiles.
  void summary(const char* name, const char* help, std::uint64_t count, double sum) {
    prometheus::ClientMetric metric;
    metric.summary.sample_count = count;
    metric.summary.sample_sum = sum;
    family(name, help, prometheus::MetricType::Summary).metric.push_back(std::move(metric));
  }

  [[nodiscard]] std::vector<prometheus::MetricFamily> take() { return std::move(families_); }

 private:
  static prometheus::ClientMetric labelled(std::vector<Label> labels) {
    prometheus::ClientMetric metric;
    for (auto& [name, value] : labels) {
      prometheus::ClientMetric::Label label;
      label.name = std::move(name);
      label.value = std::move(value);
      metric.label.push_back(std::move(label));
    }
    return metric;
  }

  prometheus::MetricFamily& family(const char* name, const char* help,
                                   prometheus::MetricType type) {
    for (auto& existing : families_) {
      if (existing.name == name) return existing;
    }
    prometheus::MetricFamily made;
    made.name = name;
    made.help = help;
    made.type = type;
    families_.push_back(std::move(made));
    return families_.back();
  }

  std::vector<prometheus::MetricFamily> families_;
};

template <class Number>
[[nodiscard]] double to_double(const Number& atomic) noexcept {
  return static_cast<double>(atomic.load(std::memory_order_relaxed));
}

}  // namespace opptak::control::metrics
