// Settings that are each allowed but not together. Private to storage/settings; pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "storage/settings/settings.h"

namespace opptak::storage {

// Where the tables of the two arrays stand, by index.
struct LinesOf {
  std::vector<std::uint32_t> clients;
  std::vector<std::uint32_t> campaigns;
};

struct Contradiction {
  std::string key;
  std::uint32_t line = 0;  // 0: the line of `key`.
  std::string what;
};

[[nodiscard]] std::optional<Contradiction> find_contradiction(const Settings& settings,
                                                              const LinesOf& lines);

}  // namespace opptak::storage
