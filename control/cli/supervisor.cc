#include "control/cli/supervisor.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dataplane/api/channel.h"

namespace opptak::control::cli {
namespace {

constexpr std::array<const char*, 2> kNames{"opptak-dataplane", "opptak-control"};

constexpr std::int64_t kUpMs = 2'000;  // Whoever ran that long has started well.
constexpr std::int64_t kFirstPauseMs = 200;
constexpr std::int64_t kLongestPauseMs = 10'000;
constexpr std::int64_t kControlPatienceMs = 60'000;  // To finish its recordings.
constexpr std::int64_t kDataplanePatienceMs = 20'000;
constexpr int kReapIntervalMs = 20;
constexpr int kCannotExecute = 127;

std::int64_t now_ms() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000 + now.tv_nsec / 1'000'000;
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

std::string describe_end(int status) {
  if (WIFSIGNALED(status)) {
    return fmt::format("was killed by signal {} ({})", WTERMSIG(status),
                       strsignal(WTERMSIG(status)));
  }
  return fmt::format("ended with status {}", WEXITSTATUS(status));
}

sigset_t handled_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGCHLD}) sigaddset(&signals, signal);
  return signals;
}

// Runs in the child between fork and exec; only async-signal-safe calls.
[[noreturn]] void become(const char* program, char* const* arguments, const int* inherited,
                         std::size_t inherited_count, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(kCannotExecute);  // It died before the line above.
  setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (std::size_t i = 0; i < inherited_count; ++i) fcntl(inherited[i], F_SETFD, 0);
  execv(program, arguments);
  _exit(kCannotExecute);
}

}  // namespace

CliResult<Supervisor> Supervisor::create(SupervisorOptions options) {
  for (const char* name : kNames) {
    const auto program = options.programs / name;
    if (access(program.c_str(), X_OK) != 0) {
      return fail(
          fmt::format("{} is not there or may not be run ({}): install all of Opptak's "
                      "programs into one folder.",
                      program.string(), strerror(errno)));
    }
  }
  Supervisor supervisor(std::move(options));
  supervisor.channel_memory_ = dataplane::create_shared_memory("opptak-channel");
  supervisor.block_memory_ = dataplane::create_shared_memory("opptak-blocks");
  if (supervisor.channel_memory_ < 0 || supervisor.block_memory_ < 0) {
    return fail(fmt::format("Shared memory cannot be made: {}; raise the limit on open files.",
                            strerror(errno)));
  }
  return supervisor;
}

Supervisor::Supervisor(Supervisor&& other) noexcept
    : options_(std::move(other.options_)),
      channel_memory_(std::exchange(other.channel_memory_, -1)),
      block_memory_(std::exchange(other.block_memory_, -1)),
      usage_(other.usage_),
      interrupted_(other.interrupted_) {}

Supervisor::~Supervisor() {
  if (channel_memory_ >= 0) close(channel_memory_);
  if (block_memory_ >= 0) close(block_memory_);
}

CliResult<void> Supervisor::run(const std::function<void()>& on_started) {
  const sigset_t signals = handled_signals();
  sigset_t before;
  sigprocmask(SIG_BLOCK, &signals, &before);
  const int signal_source = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  CliResult<void> result;
  for (const Program program : {kDataplane, kControl}) {
    if (result) result = start(program);
  }
  if (result) {
    on_started();
    result = supervise(signal_source);
  }
  stop(kControl, kControlPatienceMs);
  stop(kDataplane, kDataplanePatienceMs);
  close(signal_source);
  sigprocmask(SIG_SETMASK, &before, nullptr);
  return result;
}

CliResult<void> Supervisor::supervise(int signals) {
  for (;;) {
    pollfd polled{.fd = signals, .events = POLLIN, .revents = 0};
    poll(&polled, 1, next_timeout_ms(now_ms()));
    signalfd_siginfo signal{};
    while (read(signals, &signal, sizeof signal) == static_cast<ssize_t>(sizeof signal)) {
      if (signal.ssi_signo != SIGCHLD) interrupted_ = true;
    }
    if (interrupted_) return {};
    const auto done = reap();
    if (!done) return std::unexpected(done.error());
    if (*done) return {};
    if (auto started = start_due(now_ms()); !started) return started;
  }
}

int Supervisor::next_timeout_ms(std::int64_t now) const {
  std::int64_t timeout_ms = -1;
  for (const Child& child : children_) {
    if (child.pid >= 0) continue;
    const std::int64_t wait_ms = std::max<std::int64_t>(child.start_at_ms - now, 0);
    timeout_ms = timeout_ms < 0 ? wait_ms : std::min(timeout_ms, wait_ms);
  }
  return static_cast<int>(timeout_ms);
}

CliResult<void> Supervisor::start(Program program) {
  const std::string path = (options_.programs / kNames[program]).string();
  std::vector<std::string> words{path, "--config", options_.config.string()};
  std::vector<int> inherited;
  if (program == kDataplane) {
    inherited = {channel_memory_, block_memory_};
    words.insert(words.end(), {"--channel-fd", std::to_string(channel_memory_), "--blocks-fd",
                               std::to_string(block_memory_)});
  }
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) {
    return fail(fmt::format("{} cannot be started: {}; raise the limit on processes.",
                            kNames[program], strerror(errno)));
  }
  if (pid == 0) {
    become(path.c_str(), arguments.data(), inherited.data(), inherited.size(), parent);
  }
  children_[program].pid = pid;
  children_[program].started_ms = now_ms();
  return {};
}

CliResult<void> Supervisor::start_due(std::int64_t now) {
  for (const Program program : {kDataplane, kControl}) {
    const Child& child = children_[program];
    if (child.pid >= 0 || child.start_at_ms > now) continue;
    if (auto started = start(program); !started) return started;
  }
  return {};
}

void Supervisor::account(Program program, const struct rusage& used) {
  const double cpu_seconds = seconds(used.ru_utime) + seconds(used.ru_stime);
  const auto peak_bytes = static_cast<std::uint64_t>(used.ru_maxrss) * 1'024;
  if (program == kDataplane) {
    usage_.dataplane_cpu_seconds += cpu_seconds;
    usage_.dataplane_peak_bytes = std::max(usage_.dataplane_peak_bytes, peak_bytes);
  } else {
    usage_.control_cpu_seconds += cpu_seconds;
    usage_.control_peak_bytes = std::max(usage_.control_peak_bytes, peak_bytes);
  }
}

CliResult<bool> Supervisor::reap() {
  for (const Program program : {kControl, kDataplane}) {
    Child& child = children_[program];
    if (child.pid < 0) continue;
    int status = 0;
    struct rusage used{};
    if (wait4(child.pid, &status, WNOHANG, &used) != child.pid) continue;
    child.pid = -1;
    account(program, used);
    const bool fine = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (options_.until_done && program == kControl && fine) return true;
    if (auto handled = ended(program, status); !handled) return std::unexpected(handled.error());
  }
  return false;
}

CliResult<void> Supervisor::ended(Program program, int status) {
  Child& child = children_[program];
  const std::string what = fmt::format("{} {}", kNames[program], describe_end(status));
  if (options_.until_done) {
    return fail(what + " before the capture was done; what it said last stands above.");
  }
  const std::int64_t ran_ms = now_ms() - child.started_ms;
  child.was_up |= ran_ms >= kUpMs;
  if (!child.was_up && WIFEXITED(status)) {
    return fail(what + " as soon as it was started; it has said why above.");
  }
  child.pause_ms = ran_ms >= kLongestPauseMs
                       ? kFirstPauseMs
                       : std::clamp(child.pause_ms * 2, kFirstPauseMs, kLongestPauseMs);
  child.start_at_ms = now_ms() + child.pause_ms;
  fmt::print(stderr, "opptak: {}; it is started again in {} ms.\n", what, child.pause_ms);
  return {};
}

void Supervisor::stop(Program program, std::int64_t patience_ms) {
  Child& child = children_[program];
  if (child.pid < 0) return;
  kill(child.pid, SIGTERM);
  const std::int64_t deadline_ms = now_ms() + patience_ms;
  bool killed = false;
  for (;;) {
    int status = 0;
    struct rusage used{};
    if (wait4(child.pid, &status, WNOHANG, &used) == child.pid) {
      account(program, used);
      child.pid = -1;
      return;
    }
    if (!killed && now_ms() >= deadline_ms) {
      fmt::print(stderr, "opptak: {} did not end within {} s and was killed.\n", kNames[program],
                 patience_ms / 1'000);
      kill(child.pid, SIGKILL);
      killed = true;
    }
    poll(nullptr, 0, kReapIntervalMs);
  }
}

}  // namespace opptak::control::cli
