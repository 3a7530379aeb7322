#include "control/metrics/exposition.h"

#include <iterator>

#include <prometheus/collectable.h>
#include <prometheus/text_serializer.h>

namespace opptak::control::metrics {

Exposition::Exposition() = default;
Exposition::~Exposition() = default;

void Exposition::add(std::unique_ptr<prometheus::Collectable> part) {
  parts_.push_back(std::move(part));
}

std::string Exposition::text() const {
  std::vector<prometheus::MetricFamily> families;
  for (const auto& part : parts_) {
    auto collected = part->Collect();
    std::move(collected.begin(), collected.end(), std::back_inserter(families));
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace opptak::control::metrics
