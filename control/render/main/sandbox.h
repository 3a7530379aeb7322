// Gives up every right that rendering does not need: after this the process can read and write the
// descriptors it holds, take memory, look at the clock, and end. Anything else kills it. One way;
// called once, by the only thread, after libraries are loaded and before the first byte of input.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

namespace opptak::control::render {

struct SandboxLimits {
  std::uint64_t memory_bytes_max = std::uint64_t{2} << 30;  // RLIMIT_AS
  std::uint32_t cpu_seconds_max = 120;                      // RLIMIT_CPU
};

// The error says which step failed.
[[nodiscard]] std::expected<void, std::string> enter_sandbox(const SandboxLimits& limits);

}  // namespace opptak::control::render
