#include "control/render/child.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace opptak::control::render {
namespace {

struct Pair {
  Descriptor ours;
  Descriptor theirs;
};

bool make_input(Pair& pair) {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return false;
  pair = {Descriptor(ends[1]), Descriptor(ends[0])};
  return fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0;
}

bool make_output(Pair& pair) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return false;
  pair = {Descriptor(ends[0]), Descriptor(ends[1])};
  return fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0;
}

// posix_spawn's two objects, initialised together and destroyed together.
struct SpawnPlan {
  SpawnPlan() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  // What the caller's threads block or ignore is not the child's business.
  void reset_signals() {
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }

  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
};

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    close();
    number_ = other.release();
  }
  return *this;
}

void Descriptor::close() noexcept {
  if (number_ >= 0) ::close(number_);
  number_ = -1;
}

int Descriptor::release() noexcept { return std::exchange(number_, -1); }

std::expected<Child, RenderError> Child::start(const std::filesystem::path& program) {
  Pair input;
  Pair output;
  Pair warnings;
  if (!make_input(input) || !make_output(output) || !make_output(warnings)) {
    return std::unexpected(RenderError::kCannotStart);
  }
  SpawnPlan plan;
  plan.reset_signals();
  // Copies above the standard three first: their own numbers may be among those.
  const std::array<int, 3> theirs{input.theirs.number(), output.theirs.number(),
                                  warnings.theirs.number()};
  const int above = 1 + *std::ranges::max_element(theirs) + 3;
  for (int i = 0; i < 3; ++i) {
    posix_spawn_file_actions_adddup2(&plan.actions, theirs[static_cast<std::size_t>(i)], above + i);
  }
  for (int i = 0; i < 3; ++i) {
    posix_spawn_file_actions_adddup2(&plan.actions, above + i, i);
  }
  posix_spawn_file_actions_addclosefrom_np(&plan.actions, 3);
  std::string name = program.string();
  std::array<char*, 2> arguments{name.data(), nullptr};
  std::array<char*, 1> environment{nullptr};
  pid_t pid = -1;
  if (posix_spawn(&pid, name.c_str(), &plan.actions, &plan.attributes, arguments.data(),
                  environment.data()) != 0) {
    return std::unexpected(RenderError::kCannotStart);
  }
  Child child(pid);
  child.input = std::move(input.ours);
  child.output = std::move(output.ours);
  child.warnings = std::move(warnings.ours);
  return child;
}

Child::Child(Child&& other) noexcept
    : input(std::move(other.input)),
      output(std::move(other.output)),
      warnings(std::move(other.warnings)),
      pid_(std::exchange(other.pid_, -1)) {}

Child::~Child() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

std::expected<int, RenderError> Child::wait(std::chrono::steady_clock::time_point deadline) {
  // glibc 2.36 declares pidfd_open() without C linkage.
  const Descriptor process(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
  if (!process.open()) return std::unexpected(RenderError::kCrashed);
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    pollfd ended{.fd = process.number(), .events = POLLIN, .revents = 0};
    const int ready = poll(&ended, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return std::unexpected(RenderError::kTimeout);
    break;
  }
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0) {
    if (errno != EINTR) return std::unexpected(RenderError::kCrashed);
  }
  pid_ = -1;
  return status;
}

}  // namespace opptak::control::render
