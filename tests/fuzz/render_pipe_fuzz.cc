// The whole of opptak-render behind its pipe: the frame parser, the runs, oRTP's ordering, the cuts
// into frames, the decoders. The input is fed in two pieces, so that frames are cut as well.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "control/render/engine/engine.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace opptak::control::render;
  constexpr EngineLimits kSmall{.frames_max = 16'000};
  Engine engine(kSmall, [](const std::string&) {});
  const std::span<const std::uint8_t> job(data, size);
  const std::size_t first = size / 3;
  if (!engine.feed(job.first(first)) || !engine.feed(job.subspan(first))) return 0;
  (void)engine.finish();
  return 0;
}
