#include "dataplane/metrics/exposition.h"

#include <map>
#include <sstream>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace opptak::dataplane {

namespace {

bool is_gauge(Counter counter) {
  return counter == Counter::kHeld || counter == Counter::kStreams ||
         counter == Counter::kTargets || counter == Counter::kRecordingsOpen;
}

std::string metric_name(Counter counter) {
  const CounterInfo& info = counter_info(counter);
  std::string name = "opptak_";
  switch (info.packet_class) {
    case PacketClass::kOther:
      name += info.class_name;
      break;
    default:
      name += "packets_" + std::string(info.class_name);
      break;
  }
  return is_gauge(counter) ? name : name + "_total";
}

prometheus::ClientMetric metric(Counter counter, const Channel& channel, std::uint32_t thread) {
  const std::uint32_t workers = channel.geometry().workers;
  const bool worker = thread < workers;
  const auto value = static_cast<double>(channel.counters()[thread].get(counter));
  prometheus::ClientMetric metric;
  metric.label.push_back(
      {worker ? "worker" : "writer", std::to_string(worker ? thread : thread - workers)});
  const std::string_view cause = counter_info(counter).cause;
  if (!cause.empty()) metric.label.push_back({"cause", std::string(cause)});
  if (is_gauge(counter))
    metric.gauge.value = value;
  else
    metric.counter.value = value;
  return metric;
}

void add_gauge(std::map<std::string, prometheus::MetricFamily>& families, const std::string& name,
               const std::string& help, double value) {
  prometheus::MetricFamily& family = families[name];
  family.name = name;
  family.help = help;
  family.type = prometheus::MetricType::Gauge;
  prometheus::ClientMetric metric;
  metric.gauge.value = value;
  family.metric.push_back(metric);
}

}  // namespace

std::string expose_counters(const Channel& channel) {
  std::map<std::string, prometheus::MetricFamily> families;
  for (std::size_t i = 0; i < kCounterCount; ++i) {
    const auto counter = static_cast<Counter>(i);
    prometheus::MetricFamily& family = families[metric_name(counter)];
    family.name = metric_name(counter);
    family.help = "Dataplane: " + std::string(counter_info(counter).class_name);
    family.type =
        is_gauge(counter) ? prometheus::MetricType::Gauge : prometheus::MetricType::Counter;
    const bool writers_own =
        counter == Counter::kStored || counter == Counter::kDroppedWriter ||
        counter == Counter::kDroppedDisk || counter == Counter::kDroppedForgotten ||
        counter == Counter::kBlocks || counter == Counter::kBytesStored ||
        counter == Counter::kPayloadBytesStored || counter == Counter::kRecordingsOpen;
    const ChannelGeometry geometry = channel.geometry();
    for (std::uint32_t thread = 0; thread < geometry.threads(); ++thread) {
      if ((thread >= geometry.workers) != writers_own) continue;
      family.metric.push_back(metric(counter, channel, thread));
    }
  }
  const PacketTotals totals = sum_packets(channel.counters());
  add_gauge(families, "opptak_packets_pending",
            "Packets that wait for a decision or lie in blocks that are not durable yet",
            static_cast<double>(totals.pending));
  add_gauge(families, "opptak_dataplane_epoch", "How often the dataplane was started on this store",
            static_cast<double>(channel.header().epoch.load(std::memory_order_relaxed)));
  std::vector<prometheus::MetricFamily> list;
  for (auto& [name, family] : families) list.push_back(std::move(family));
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, list);
  return text.str();
}

}  // namespace opptak::dataplane
