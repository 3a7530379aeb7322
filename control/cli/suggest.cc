#include "control/cli/suggest.h"

#include <algorithm>

namespace opptak::control::cli {
namespace {

// Optimal string alignment distance.
std::size_t edits(std::string_view left, std::string_view right) {
  const std::size_t width = right.size() + 1;
  std::vector<std::size_t> cost((left.size() + 1) * width);
  for (std::size_t i = 0; i <= left.size(); ++i) cost[i * width] = i;
  for (std::size_t j = 0; j <= right.size(); ++j) cost[j] = j;
  for (std::size_t i = 1; i <= left.size(); ++i) {
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const bool same = left[i - 1] == right[j - 1];
      std::size_t best = cost[(i - 1) * width + j - 1] + (same ? 0 : 1);
      best = std::min({best, cost[(i - 1) * width + j] + 1, cost[i * width + j - 1] + 1});
      const bool swapped =
          i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
      if (swapped) best = std::min(best, cost[(i - 2) * width + j - 2] + 1);
      cost[i * width + j] = best;
    }
  }
  return cost.back();
}

}  // namespace

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& known) {
  std::optional<std::string> best;
  std::size_t fewest = std::max<std::size_t>(word.size() / 3, 1) + 1;
  for (const std::string& candidate : known) {
    const std::size_t distance = edits(word, candidate);
    if (distance < fewest) {
      fewest = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace opptak::control::cli
