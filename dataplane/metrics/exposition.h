// The dataplane's counters as Prometheus text (exposition format 0.0.4), through prometheus-cpp's
// serializer. Reads shared memory only; never touches a worker.
#pragma once

#include <string>

#include "dataplane/api/channel.h"

namespace opptak::dataplane {

[[nodiscard]] std::string expose_counters(const Channel& channel);

}  // namespace opptak::dataplane
