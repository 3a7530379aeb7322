#include "control/render/client.h"

#include <chrono>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include "control/render/child.h"
#include "tests/unit/control/render/job.h"

namespace opptak::control::render {
namespace {

using namespace std::chrono_literals;

RenderOptions options_for(const char* program) {
  return {.program = program, .deadline_ms = 20'000};
}

std::vector<RenderStream> one_stream() {
  return {{.speaker = 0, .codecs = {{.payload_type = 0, .name = "PCMU"}}}};
}

// Hands out a tone, five packets at a time.
PacketFeed tone_feed(std::size_t packets) {
  const auto all =
      test::packets_of(test::encode_pcmu(test::tone(440, 8'000, packets * 160)), 160, 160, {});
  return [all, at = std::size_t{0}](PipeWriter& pipe) mutable -> std::expected<bool, RenderError> {
    for (int i = 0; i < 5 && at < all.size(); ++i, ++at) {
      pipe.packet({.arrival_us = all[at].arrival_us,
                   .timestamp = all[at].timestamp,
                   .sequence = all[at].sequence,
                   .payload = all[at].payload});
    }
    return at < all.size();
  };
}

constexpr UnixNs kStart{static_cast<std::int64_t>(test::kStartUs) * kNsPerUs};

// Goal: the real program renders through both pipes, more than a pipe holds. Method: one minute.
TEST(RenderClient, RendersATone) {
  const auto audio = render(options_for(OPPTAK_RENDER), kStart, one_stream(), tone_feed(3'000));
  ASSERT_TRUE(audio) << message_of(audio.error());
  const auto wav = test::parse_wav(audio->wav);
  ASSERT_EQ(wav.left.size(), 480'000u);
  EXPECT_GT(test::snr_db(wav.left, 0, 480'000, 440, 8'000, 0), 35);
  EXPECT_TRUE(audio->warnings.empty());
}

TEST(RenderClient, HandsOnWarningsAndNothingToPlay) {
  std::vector<RenderStream> streams = one_stream();
  streams[0].codecs[0].name = "SILK";
  const auto audio = render(options_for(OPPTAK_RENDER), kStart, streams, tone_feed(10));
  ASSERT_FALSE(audio);
  EXPECT_EQ(audio.error(), RenderError::kNothingToPlay);
}

TEST(RenderClient, SaysThatTheProgramIsMissing) {
  const auto audio =
      render(options_for("/nonexistent/opptak-render"), kStart, one_stream(), tone_feed(10));
  ASSERT_FALSE(audio);
  EXPECT_EQ(audio.error(), RenderError::kCannotStart);
}

// Goal: a program that dies early raises no SIGPIPE and is reported. Method: false(1).
TEST(RenderClient, ReportsACrash) {
  const auto audio = render(options_for("/bin/false"), kStart, one_stream(), tone_feed(3'000));
  ASSERT_FALSE(audio);
  EXPECT_EQ(audio.error(), RenderError::kCrashed);
}

// Goal: nothing outlives the deadline. Method: cat(1) waits for a job that never ends.
TEST(RenderClient, KillsAtTheDeadline) {
  RenderOptions options = options_for("/bin/cat");
  options.deadline_ms = 200;
  const auto before = std::chrono::steady_clock::now();
  const auto audio =
      render(options, kStart, one_stream(), [](PipeWriter&) -> std::expected<bool, RenderError> {
        std::this_thread::sleep_for(1ms);
        return true;
      });
  ASSERT_FALSE(audio);
  EXPECT_EQ(audio.error(), RenderError::kTimeout);
  EXPECT_LT(std::chrono::steady_clock::now() - before, 10s);
}

TEST(RenderClient, BoundsTheResult) {
  RenderOptions options = options_for("/usr/bin/yes");
  options.wav_bytes_max = 1 << 20;
  const auto audio = render(options, kStart, one_stream(), tone_feed(10));
  ASSERT_FALSE(audio);
  EXPECT_EQ(audio.error(), RenderError::kNoMemory);
}

TEST(RenderClient, HandsOnAFailureOfTheSource) {
  const auto audio = render(options_for(OPPTAK_RENDER), kStart, one_stream(),
                            [](PipeWriter&) -> std::expected<bool, RenderError> {
                              return std::unexpected(RenderError::kSource);
                            });
  ASSERT_FALSE(audio);
  EXPECT_EQ(audio.error(), RenderError::kSource);
}

std::string file_text(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Goal: the running program has the filter on, no environment, and no descriptor but its three.
// Method: look at it in /proc while it waits for its job.
TEST(RenderClient, RunsWithoutRights) {
  auto child = Child::start(OPPTAK_RENDER);
  ASSERT_TRUE(child);
  const std::string process = "/proc/" + std::to_string(child->pid());
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  std::string status;
  do {
    std::this_thread::sleep_for(5ms);
    status = file_text(process + "/status");
  } while (status.find("Seccomp:\t2") == std::string::npos &&
           std::chrono::steady_clock::now() < deadline);
  EXPECT_NE(status.find("Seccomp:\t2"), std::string::npos) << status;
  EXPECT_NE(status.find("NoNewPrivs:\t1"), std::string::npos);
  std::istringstream limits(file_text(process + "/limits"));
  for (std::string line; std::getline(limits, line);) {
    if (line.starts_with("Max open files") || line.starts_with("Max core file size")) {
      EXPECT_NE(line.find(" 0 "), std::string::npos) << line;
    }
  }
  child->input.close();
  const auto ended = child->wait(std::chrono::steady_clock::now() + 20s);
  ASSERT_TRUE(ended);
  ASSERT_TRUE(WIFEXITED(*ended));
  EXPECT_EQ(WEXITSTATUS(*ended), 2);  // A cut job.
}

}  // namespace
}  // namespace opptak::control::render
