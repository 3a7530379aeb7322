// opptak-render: a job on standard input, a WAV file on standard output, warnings on standard
// error (docs/formats/render-pipe.md). Started by control for one job at a time.
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

#include "control/render/engine/engine.h"
#include "control/render/engine/reorder.h"
#include "control/render/main/sandbox.h"

namespace {

using namespace opptak::control::render;

constexpr int kInput = 0;
constexpr int kOutput = 1;
constexpr int kWarnings = 2;

bool write_all(int descriptor, std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

void warn(const std::string& text) {
  const std::string line = text + "\n";
  write_all(kWarnings, {reinterpret_cast<const std::uint8_t*>(line.data()), line.size()});
}

int render_job() {
  Engine engine({}, warn);
  std::vector<std::uint8_t> buffer(std::size_t{256} << 10);
  for (;;) {
    const ssize_t got = read(kInput, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::to_underlying(EngineError::kBadJob);
    if (got == 0) break;
    const auto fed = engine.feed(std::span(buffer).first(static_cast<std::size_t>(got)));
    if (!fed) return std::to_underlying(fed.error());
  }
  const auto timeline = engine.finish();
  if (!timeline) return std::to_underlying(timeline.error());
  const bool written = write_all(kOutput, (*timeline)->wav_header()) &&
                       write_all(kOutput, (*timeline)->wav_samples());
  return written ? 0 : std::to_underlying(EngineError::kBadJob);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) {
    const std::string_view asked = argv[1];
    std::fputs(
        "opptak-render makes audio of a recording's packets. It is started by opptak-control and\n"
        "talks over its standard input and output (docs/formats/render-pipe.md); it has no "
        "options.\n",
        asked == "--help" ? stdout : stderr);
    return asked == "--help" ? 0 : 64;
  }
  prepare_reorder();
  if (const auto entered = enter_sandbox({}); !entered) {
    warn("opptak-render cannot give up its rights (" + entered.error() +
         "); it renders nothing with them. Allow seccomp to the service.");
    _exit(std::to_underlying(EngineError::kNoMemory));
  }
  // No destructors and no exit handlers: they may want what the sandbox forbids.
  _exit(render_job());
}
