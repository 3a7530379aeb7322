// Goal: kill -9 at any moment leaves exactly the committed groups. Method: a child writes groups of
// one call and ten events, tells each acknowledged commit over a pipe, and is killed at a random
// moment; what was acknowledged must be there, every group whole.
#include <csignal>
#include <random>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/control/catalogue/sample_rows.h"

namespace opptak::control {
namespace {

constexpr int kEventsPerGroup = 10;

CallRow group_call(std::uint32_t group) {
  CallRow row = sample_call(1);
  row.id = call_id(static_cast<std::uint8_t>(group), static_cast<std::uint8_t>(group >> 8));
  row.id.bytes[1] = static_cast<std::uint8_t>(group >> 16);
  row.started_at = {group + 1};
  return row;
}

[[noreturn]] void write_groups_for_ever(const std::filesystem::path& file, std::uint32_t group,
                                        int acknowledge_fd) {
  auto writer = open_sqlite_catalogue(file, storage::Durability::kFull);
  if (!writer) _exit(2);
  for (;; ++group) {
    const CallRow call = group_call(group);
    bool good = (*writer)->begin() && (*writer)->put_call(call);
    for (int i = 0; i < kEventsPerGroup && good; ++i) {
      good = (*writer)->add_call_event({call.id, {i + 1}, "hold", "{}"}).has_value();
    }
    if (!good || !(*writer)->commit()) _exit(3);
    if (::write(acknowledge_fd, &group, sizeof group) != sizeof group) _exit(4);
  }
}

TEST_F(CatalogueTest, KilledWriterKeepsExactlyItsCommits) {
  writer_.reset();
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::uint32_t next_group = 0;
  for (int round = 0; round < 8; ++round) {
    int pipe_fds[2];
    ASSERT_EQ(::pipe(pipe_fds), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) write_groups_for_ever(file_, next_group, pipe_fds[1]);
    ::close(pipe_fds[1]);
    std::uint32_t acknowledged = 0;
    ASSERT_EQ(::read(pipe_fds[0], &acknowledged, sizeof acknowledged), 4);
    ::usleep(static_cast<useconds_t>(random() % 20'000));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "child ended by itself: " << WEXITSTATUS(status);
    while (::read(pipe_fds[0], &acknowledged, sizeof acknowledged) == 4) {
    }
    ::close(pipe_fds[0]);

    auto again = open_sqlite_catalogue(file_, storage::Durability::kFull);
    ASSERT_TRUE(again) << again.error().message;
    std::uint32_t group = 0;
    for (; (*(*again)->find_call(group_call(group).id)).has_value(); ++group) {
      EXPECT_EQ((*(*again)->events_of(group_call(group).id)).size(), kEventsPerGroup);
    }
    // The last commit may have been durable before its acknowledgement was.
    EXPECT_GE(group, acknowledged + 1);
    EXPECT_LE(group, acknowledged + 2);
    next_group = group;
  }
}

}  // namespace
}  // namespace opptak::control
