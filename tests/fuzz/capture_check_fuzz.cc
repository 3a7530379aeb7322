// The look at capture files that precedes a replay.
#include <cstddef>
#include <cstdint>

#include "control/cli/capture_check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto checked = opptak::control::cli::check_capture_bytes({data, size}, "fuzz");
  if (checked && *checked && (*checked)->offset_bytes > size) __builtin_trap();
  return 0;
}
