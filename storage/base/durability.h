// How much a store promises before it acknowledges.
#pragma once

#include <cstdint>

namespace opptak::storage {

enum class Durability : std::uint8_t {
  kFull,  // fdatasync has returned before anything is acknowledged.
  kNone,  // Written is enough: for replays into a store that is thrown away.
};

}  // namespace opptak::storage
