// Runs opptak-dataplane and opptak-control, holds the memory that outlives them, and starts either
// again when it dies, after a growing pause. One thread, the process's only one at start.
//
// Both run in process groups of their own, so that Ctrl-C reaches the supervisor alone, which stops
// them in order: control finishes its recordings, then the dataplane ends. If the supervisor itself
// dies, also by SIGKILL, the kernel sends both SIGTERM (PR_SET_PDEATHSIG): they end cleanly but
// at the same time, and what was in block memory and not yet on disk is lost with the memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include <sys/resource.h>
#include <sys/types.h>

#include "control/cli/failure.h"

namespace opptak::control::cli {

struct SupervisorOptions {
  std::filesystem::path programs;  // Folder of the two programs.
  std::filesystem::path config;    // For both.
  // A replay: control ends by itself, with status 0, when all is done; nothing is started again.
  bool until_done = false;
};

// What the children used, from wait4(2).
struct Usage {
  double dataplane_cpu_seconds = 0;
  double control_cpu_seconds = 0;
  std::uint64_t dataplane_peak_bytes = 0;  // Highest resident size of any run.
  std::uint64_t control_peak_bytes = 0;
};

class Supervisor {
 public:
  // Makes the two memfds.
  [[nodiscard]] static CliResult<Supervisor> create(SupervisorOptions options);
  ~Supervisor();
  Supervisor(Supervisor&& other) noexcept;
  Supervisor& operator=(Supervisor&&) = delete;

  // Returns when SIGINT or SIGTERM has come and both have ended, when a replay is done, or when it
  // cannot go on. `on_started` is called once both have been started.
  [[nodiscard]] CliResult<void> run(const std::function<void()>& on_started);

  [[nodiscard]] int channel_memory() const noexcept { return channel_memory_; }
  [[nodiscard]] const Usage& usage() const noexcept { return usage_; }
  // Whether run() ended because a signal asked for it.
  [[nodiscard]] bool interrupted() const noexcept { return interrupted_; }

 private:
  enum Program : std::size_t { kDataplane, kControl, kPrograms };
  struct Child {
    pid_t pid = -1;
    std::int64_t started_ms = 0;
    std::int64_t start_at_ms = 0;  // While it is not running.
    std::int64_t pause_ms = 0;     // Before the next start.
    bool was_up = false;           // Ran for a while, at least once.
  };

  explicit Supervisor(SupervisorOptions options) : options_(std::move(options)) {}
  [[nodiscard]] CliResult<void> supervise(int signals);
  [[nodiscard]] CliResult<void> start(Program program);
  [[nodiscard]] CliResult<void> start_due(std::int64_t now_ms);
  [[nodiscard]] CliResult<bool> reap();  // True: a replay is done.
  [[nodiscard]] CliResult<void> ended(Program program, int status);
  [[nodiscard]] int next_timeout_ms(std::int64_t now_ms) const;
  void stop(Program program, std::int64_t patience_ms);
  void account(Program program, const struct rusage& usage);

  SupervisorOptions options_;
  int channel_memory_ = -1;
  int block_memory_ = -1;
  Child children_[kPrograms];
  Usage usage_;
  bool interrupted_ = false;
};

}  // namespace opptak::control::cli
