#include "storage/settings/suggest.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "storage/settings/keys.h"

namespace opptak::storage {
namespace {

constexpr std::size_t kNameBytesMax = 64;  // No key is longer; bounds the work on hostile input.

// Optimal string alignment distance: insertions, deletions, substitutions, swaps of neighbours.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        cost[i][j] = i + j;
        continue;
      }
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

std::string_view last_part(std::string_view key) { return key.substr(key.rfind('.') + 1); }

// A key of this very name in another table, or "".
std::string elsewhere(std::string_view name) {
  for (const SettingsKey& key : known_settings_keys()) {
    if (last_part(key.name) == name) return key.name;
  }
  return {};
}

}  // namespace

std::string did_you_mean(std::string_view name, const std::vector<std::string>& known) {
  if (name.size() > kNameBytesMax) return {};
  std::string_view nearest;
  std::size_t best = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const std::string& each : known) {
    const std::size_t steps = distance(name, each);
    if (steps < best && steps < each.size()) {
      best = steps;
      nearest = each;
    }
  }
  return nearest.empty() ? std::string{} : fmt::format("; did you mean \"{}\"?", nearest);
}

std::string unknown_key_message(std::string_view prefix, std::string_view name,
                                const std::vector<std::string>& known) {
  const std::string_view kind = prefix.empty() ? "is no known table" : "is no known key";
  std::string hint = did_you_mean(name, known);
  if (hint.empty()) {
    const std::string other = elsewhere(name);
    if (!other.empty()) hint = fmt::format("; did you mean {}?", other);
  }
  if (hint.empty()) hint = fmt::format("; known here: {}", fmt::join(known, ", "));
  return std::string(kind) + hint;
}

}  // namespace opptak::storage
