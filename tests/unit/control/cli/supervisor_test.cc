#include "control/cli/supervisor.h"

#include <chrono>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/storage/temporary_directory.h"

namespace opptak::control::cli {
namespace {

using namespace std::chrono_literals;

// Runs a supervisor in a child process over two shell scripts that stand for the programs; they
// write what happens to them into a log.
class SupervisorTest : public testing::Test {
 protected:
  void program(const std::string& name, const std::string& script) {
    const auto file = directory_.path() / name;
    std::ofstream(file) << "#!/bin/bash\nlog() { echo \"" << name << " $1\" >> "
                        << (directory_.path() / "log").string() << "; }\n"
                        << script;
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  }

  // A program that runs until SIGTERM.
  void steady_program(const std::string& name, const std::string& at_end = "") {
    program(name, "trap '" + at_end +
                      " log stopped; exit 0' TERM\nlog \"started $$ $*\"\n"
                      "while :; do sleep 0.05; done\n");
  }

  void start(bool until_done) {
    supervisor_ = fork();
    if (supervisor_ != 0) return;
    auto supervisor = Supervisor::create(
        {.programs = directory_.path(), .config = "the.toml", .until_done = until_done});
    if (!supervisor) _exit(90);
    const auto ran = supervisor->run([] {});
    _exit(ran ? (supervisor->interrupted() ? 80 : 0) : 1);
  }

  int wait_for_end() {
    int status = 0;
    waitpid(supervisor_, &status, 0);
    supervisor_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1'000 + WTERMSIG(status);
  }

  std::string log() {
    std::ifstream file(directory_.path() / "log");
    return {std::istreambuf_iterator<char>(file), {}};
  }

  // Waits until the log holds `text` so many times.
  bool logged(const std::string& text, int times = 1) {
    for (int i = 0; i < 2'000; ++i) {
      const std::string all = log();
      int found = 0;
      for (auto at = all.find(text); at != std::string::npos; at = all.find(text, at + 1)) ++found;
      if (found >= times) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }

  pid_t last_pid(const std::string& name) {
    const std::string all = log();
    const auto at = all.rfind(name + " started ");
    return at == std::string::npos ? -1 : std::stoi(all.substr(at + name.size() + 9));
  }

  void TearDown() override {
    if (supervisor_ > 0) {
      kill(supervisor_, SIGTERM);
      wait_for_end();
    }
  }

  storage::TemporaryDirectory directory_;
  pid_t supervisor_ = -1;
};

TEST_F(SupervisorTest, StopsControlBeforeTheDataplane) {
  steady_program("opptak-dataplane");
  steady_program("opptak-control", "sleep 0.2;");
  start(false);
  ASSERT_TRUE(logged("opptak-dataplane started"));
  ASSERT_TRUE(logged("opptak-control started"));
  kill(supervisor_, SIGTERM);
  EXPECT_EQ(wait_for_end(), 80);
  const std::string all = log();
  EXPECT_LT(all.find("opptak-control stopped"), all.find("opptak-dataplane stopped")) << all;
  EXPECT_NE(all.find("--config the.toml --channel-fd"), std::string::npos) << all;
}

// Goal: whoever is killed is started again, and the other is left alone.
TEST_F(SupervisorTest, StartsAgainWhatDies) {
  steady_program("opptak-dataplane");
  steady_program("opptak-control");
  start(false);
  ASSERT_TRUE(logged("opptak-control started"));
  ASSERT_TRUE(logged("opptak-dataplane started"));
  kill(last_pid("opptak-dataplane"), SIGKILL);
  ASSERT_TRUE(logged("opptak-dataplane started", 2));
  kill(last_pid("opptak-dataplane"), SIGKILL);
  ASSERT_TRUE(logged("opptak-dataplane started", 3));
  kill(supervisor_, SIGINT);
  EXPECT_EQ(wait_for_end(), 80);
  const std::string all = log();
  EXPECT_EQ(all.find("opptak-control started"), all.rfind("opptak-control started")) << all;
}

// Goal: the memory stays: what the first run wrote into the channel's memfd the second one reads.
TEST_F(SupervisorTest, KeepsTheMemoryAcrossADeath) {
  program("opptak-dataplane",
          "log \"memory [$(head -c 5 /proc/self/fd/$4 2>/dev/null)]\"\n"
          "echo -n alive > /proc/self/fd/$4\nlog \"started $$\"\n"
          "trap 'exit 0' TERM\nwhile :; do sleep 0.05; done\n");
  steady_program("opptak-control");
  start(false);
  ASSERT_TRUE(logged("opptak-dataplane started"));
  kill(last_pid("opptak-dataplane"), SIGKILL);
  EXPECT_TRUE(logged("opptak-dataplane memory [alive]")) << log();
}

TEST_F(SupervisorTest, GivesUpOnWhatCannotStart) {
  program("opptak-dataplane", "log \"started $$\"\nexit 1\n");
  steady_program("opptak-control");
  start(false);
  EXPECT_EQ(wait_for_end(), 1);
  EXPECT_EQ(log().find("opptak-dataplane started"), log().rfind("opptak-dataplane started"));
}

TEST_F(SupervisorTest, EndsWhenAReplayIsDone) {
  steady_program("opptak-dataplane");
  program("opptak-control", "log started\nsleep 0.2\nexit 0\n");
  start(true);
  EXPECT_EQ(wait_for_end(), 0);
  EXPECT_NE(log().find("opptak-dataplane stopped"), std::string::npos);
}

TEST_F(SupervisorTest, FailsAReplayWhoseDataplaneDies) {
  program("opptak-dataplane", "sleep 0.1\nexit 3\n");
  steady_program("opptak-control");
  start(true);
  EXPECT_EQ(wait_for_end(), 1);
  EXPECT_TRUE(logged("opptak-control stopped"));
}

// Goal: nothing outlives the supervisor, even if it is killed.
TEST_F(SupervisorTest, TakesItsChildrenAlong) {
  steady_program("opptak-dataplane");
  steady_program("opptak-control");
  start(false);
  ASSERT_TRUE(logged("opptak-dataplane started"));
  ASSERT_TRUE(logged("opptak-control started"));
  kill(supervisor_, SIGKILL);
  wait_for_end();
  EXPECT_TRUE(logged("opptak-dataplane stopped"));
  EXPECT_TRUE(logged("opptak-control stopped"));
}

}  // namespace
}  // namespace opptak::control::cli
