#include "control/render/engine/engine.h"

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/control/render/job.h"

namespace opptak::control::render {
namespace {

using test::JobPacket;
using test::kStartUs;

struct Rendered {
  test::Wav wav;
  std::vector<std::string> warnings;
  std::optional<EngineError> error;
};

Rendered run(const std::vector<std::uint8_t>& job, EngineLimits limits = {}) {
  Rendered rendered;
  Engine engine(limits, [&](const std::string& text) { rendered.warnings.push_back(text); });
  if (const auto fed = engine.feed(job); !fed) {
    rendered.error = fed.error();
    return rendered;
  }
  const auto timeline = engine.finish();
  if (!timeline) {
    rendered.error = timeline.error();
    return rendered;
  }
  auto file = (*timeline)->wav_header();
  const auto samples = (*timeline)->wav_samples();
  file.insert(file.end(), samples.begin(), samples.end());
  rendered.wav = test::parse_wav(file);
  return rendered;
}

PipeStream caller(std::vector<PipeCodec> codecs = {test::named(0, 8'000, "PCMU"),
                                                   test::named(8, 8'000, "PCMA"),
                                                   test::named(101, 8'000, "telephone-event")}) {
  return {.speaker = 0, .codecs = std::move(codecs)};
}
PipeStream callee() { return {.speaker = 1, .codecs = {test::named(8, 8'000, "PCMA")}}; }

std::vector<JobPacket> pcmu_tone(double hz, std::size_t packets, JobPacket first = {}) {
  return test::packets_of(test::encode_pcmu(test::tone(hz, 8'000, packets * 160)), 160, 160, first);
}

// Goal: a tone comes back on its side, at its time, with G.711's quality (above 35 dB). Method: 440
// Hz PCMU of the caller at once, 1,000 Hz PCMA of the callee 100 ms later, sequence and timestamp
// wrapping.
TEST(Engine, RendersBothSidesInTime) {
  auto packets = pcmu_tone(440, 50, {.timestamp = 0xffffff00, .sequence = 65'530});
  const auto other =
      test::packets_of(test::encode_pcma(test::tone(1'000, 8'000, 50 * 160)), 160, 160,
                       {.stream = 1,
                        .arrival_us = kStartUs + 100'000,
                        .timestamp = 7,
                        .sequence = 9,
                        .payload_type = 8});
  packets.insert(packets.end(), other.begin(), other.end());
  const Rendered rendered = run(test::job_of({caller(), callee()}, packets));
  ASSERT_FALSE(rendered.error);
  EXPECT_TRUE(rendered.warnings.empty());
  EXPECT_EQ(rendered.wav.sample_hz, 8'000u);
  ASSERT_EQ(rendered.wav.left.size(), 8'800u);
  EXPECT_GT(test::snr_db(rendered.wav.left, 0, 8'000, 440, 8'000, 0), 35);
  EXPECT_TRUE(test::silent(rendered.wav.left, 8'000, 800));
  EXPECT_TRUE(test::silent(rendered.wav.right, 0, 800));
  EXPECT_GT(test::snr_db(rendered.wav.right, 800, 8'000, 1'000, 8'000, 800), 35);
}

// Goal: order of arrival does not matter, copies do not sound twice, and a lost packet is silence
// of its length. Method: swap neighbours, repeat some, leave one out.
TEST(Engine, OrdersDropsCopiesAndLeavesGaps) {
  auto packets = pcmu_tone(440, 50);
  std::swap(packets[10].payload, packets[11].payload);
  std::swap(packets[10].sequence, packets[11].sequence);
  std::swap(packets[10].timestamp, packets[11].timestamp);
  packets.insert(packets.begin() + 21, packets[20]);
  packets.erase(packets.begin() + 31);  // Number 30, since one was put in before it.
  const Rendered rendered = run(test::job_of({caller()}, packets));
  ASSERT_FALSE(rendered.error);
  ASSERT_EQ(rendered.wav.left.size(), 8'000u);
  EXPECT_GT(test::snr_db(rendered.wav.left, 0, 4'800, 440, 8'000, 0), 35);
  EXPECT_TRUE(test::silent(rendered.wav.left, 4'800, 160));
  EXPECT_GT(test::snr_db(rendered.wav.left, 4'960, 3'040, 440, 8'000, 0), 35);
}

// Goal: silence suppression: the timestamp says how long it was silent. Method: a jump of 300 ms in
// time and timestamp while the sequence goes on.
TEST(Engine, KeepsSuppressedSilence) {
  auto packets = pcmu_tone(440, 20);
  for (std::size_t i = 10; i < packets.size(); ++i) {
    packets[i].timestamp += 2'400;
    packets[i].arrival_us += 300'000;
  }
  const Rendered rendered = run(test::job_of({caller()}, packets));
  ASSERT_FALSE(rendered.error);
  ASSERT_EQ(rendered.wav.left.size(), 5'600u);
  EXPECT_TRUE(test::silent(rendered.wav.left, 1'600, 2'400));
  EXPECT_GT(test::snr_db(rendered.wav.left, 4'000, 1'600, 440, 8'000, 4'000 - 1'600), 35);
}

// Goal: a sender that starts its clock anew stays where it is heard. Method: the timestamp jumps by
// hours in the middle, arrivals do not.
TEST(Engine, FollowsArrivalsWhenTheClockStartsAnew) {
  auto packets = pcmu_tone(440, 40);
  for (std::size_t i = 20; i < packets.size(); ++i) packets[i].timestamp += 100'000'000;
  const Rendered rendered = run(test::job_of({caller()}, packets));
  ASSERT_FALSE(rendered.error);
  ASSERT_EQ(rendered.wav.left.size(), 6'400u);
  EXPECT_GT(test::snr_db(rendered.wav.left, 0, 6'400, 440, 8'000, 0), 35);
}

TEST(Engine, LeavesEventsAndNoiseSilent) {
  auto packets = pcmu_tone(440, 10);
  packets[4].payload_type = 101;
  packets[4].payload = {1, 10, 0, 160};
  packets[5].payload_type = 13;
  packets[5].payload = {60};
  const Rendered rendered = run(test::job_of({caller()}, packets));
  ASSERT_FALSE(rendered.error);
  EXPECT_TRUE(rendered.warnings.empty());
  EXPECT_TRUE(test::silent(rendered.wav.left, 640, 320));
  EXPECT_GT(test::snr_db(rendered.wav.left, 960, 640, 440, 8'000, 0), 35);
}

TEST(Engine, WarnsOnceOfAnUnknownCodecAndKeepsItsTime) {
  auto packets = pcmu_tone(440, 10);
  for (std::size_t i = 5; i < 10; ++i) packets[i].payload_type = 97;
  const Rendered rendered = run(test::job_of(
      {caller({test::named(0, 8'000, "PCMU"), test::named(97, 8'000, "X\x1b[1m")})}, packets));
  ASSERT_FALSE(rendered.error);
  ASSERT_EQ(rendered.warnings.size(), 1u);
  EXPECT_EQ(rendered.warnings[0],
            "payload type 97 (X1m): no decoder for this codec: its time is silence");
  EXPECT_EQ(rendered.wav.left.size(), 1'600u);
  EXPECT_TRUE(test::silent(rendered.wav.left, 800, 800));
}

TEST(Engine, SaysWhenThereIsNothingToPlay) {
  auto packets = pcmu_tone(440, 5);
  for (JobPacket& packet : packets) packet.payload_type = 97;
  EXPECT_EQ(run(test::job_of({caller()}, packets)).error, EngineError::kNothingToPlay);
  EXPECT_EQ(run(test::job_of({caller()}, {})).error, EngineError::kNothingToPlay);
}

TEST(Engine, RefusesACutJob) {
  auto job = test::job_of({caller()}, pcmu_tone(440, 5));
  job.resize(job.size() - 5);  // The end frame.
  EXPECT_EQ(run(job).error, EngineError::kBadJob);
}

// Goal: arrivals and timestamps are claims: the length is bounded whatever they say. Method: a
// packet a year later, and one long before the start.
TEST(Engine, BoundsTheLength) {
  auto packets = pcmu_tone(440, 4);
  packets[2].arrival_us += std::uint64_t{365} * 86'400 * 1'000'000;
  packets[2].timestamp += 77'777;
  packets[3] = packets[2];
  packets[3].arrival_us = 5;
  packets[3].sequence = 60'000;
  const Rendered rendered = run(test::job_of({caller()}, packets), {.frames_max = 80'000});
  ASSERT_FALSE(rendered.error);
  EXPECT_LE(rendered.wav.left.size(), 80'000u);
  ASSERT_FALSE(rendered.warnings.empty());
  EXPECT_NE(rendered.warnings.back().find("longer than can be rendered"), std::string::npos);
}

// Goal: no job crashes the engine. Method: random changes to a good job; the seed is fixed and
// printed on failure by the trace.
TEST(Engine, SurvivesDamagedJobs) {
  const auto good = test::job_of({caller(), callee()}, pcmu_tone(440, 30));
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    auto job = good;
    for (int i = 0; i < 8; ++i) job[random() % job.size()] = static_cast<std::uint8_t>(random());
    run(job, {.frames_max = 80'000});
  }
}

}  // namespace
}  // namespace opptak::control::render
