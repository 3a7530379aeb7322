#include "control/render/main/sandbox.h"

#include <cstdlib>
#include <functional>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

namespace opptak::control::render {
namespace {

constexpr int kSurvived = 17;

// Runs `act` in a child that has entered the sandbox. Returns the status of waitpid().
int in_sandbox(const std::function<void()>& act) {
  const pid_t child = fork();
  if (child == 0) {
    if (!enter_sandbox({})) _exit(1);
    act();
    _exit(kSurvived);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

bool killed_by_filter(int status) { return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS; }

// Goal: what rendering needs still works: memory, the clock, writing to standard error.
TEST(Sandbox, AllowsWhatRenderingNeeds) {
  const int status = in_sandbox([] {
    for (std::size_t bytes = 1 << 10; bytes <= 64 << 20; bytes *= 4) {
      auto* memory = static_cast<volatile char*>(std::malloc(bytes));
      if (memory == nullptr) _exit(2);
      memory[bytes - 1] = 1;
      std::free(const_cast<char*>(memory));
    }
    timespec now{};
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) _exit(3);
    if (write(STDERR_FILENO, "", 0) != 0) _exit(4);
  });
  ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), kSurvived);
}

// Goal: every way out is closed. Method: try one per child; the filter must kill it.
TEST(Sandbox, DeniesFilesNetworkAndProcesses) {
  EXPECT_TRUE(killed_by_filter(in_sandbox([] { open("/etc/passwd", O_RDONLY); })));
  EXPECT_TRUE(killed_by_filter(in_sandbox([] { socket(AF_INET, SOCK_STREAM, 0); })));
  EXPECT_TRUE(killed_by_filter(in_sandbox([] { socket(AF_UNIX, SOCK_STREAM, 0); })));
  EXPECT_TRUE(killed_by_filter(in_sandbox([] { fork(); })));
  EXPECT_TRUE(killed_by_filter(in_sandbox([] { execl("/bin/true", "true", nullptr); })));
  EXPECT_TRUE(killed_by_filter(in_sandbox([] { kill(getppid(), 0); })));
  EXPECT_TRUE(killed_by_filter(in_sandbox([] { dup(0); })));
  EXPECT_TRUE(killed_by_filter(in_sandbox(
      [] { mmap(nullptr, 4'096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); })));
}

// Goal: only the pipes. Method: a descriptor that was open before the sandbox.
TEST(Sandbox, DeniesDescriptorsBesideThePipes) {
  const int other = open("/dev/null", O_RDWR | O_CLOEXEC);
  ASSERT_GT(other, STDERR_FILENO);
  char byte = 0;
  EXPECT_TRUE(killed_by_filter(in_sandbox([&] { (void)!read(other, &byte, 1); })));
  EXPECT_TRUE(killed_by_filter(in_sandbox([&] { (void)!write(other, &byte, 1); })));
  close(other);
}

}  // namespace
}  // namespace opptak::control::render
