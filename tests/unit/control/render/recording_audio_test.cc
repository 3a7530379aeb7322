#include "control/render/recording_audio.h"

#include <gtest/gtest.h>

#include "tests/unit/control/readback/sample_store.h"
#include "tests/unit/control/render/job.h"

namespace opptak::control::render {
namespace {

std::vector<control::test::SamplePacket> tone_packets(double hz, std::size_t count,
                                                      std::uint64_t arrival_us) {
  std::vector<control::test::SamplePacket> made;
  const auto coded =
      test::packets_of(test::encode_pcmu(test::tone(hz, 8'000, count * 160)), 160, 160,
                       {.arrival_us = arrival_us, .timestamp = 99, .sequence = 7});
  for (const test::JobPacket& packet : coded) {
    made.push_back({.arrival_us = packet.arrival_us,
                    .sequence = packet.sequence,
                    .timestamp = packet.timestamp,
                    .payload_type = 0,
                    .payload = packet.payload});
  }
  return made;
}

// Goal: from encrypted blocks to both ears. Method: the callee's block comes first in the store and
// starts 200 ms later; the caller's stream stands in no row and plays by its static payload type.
TEST(RenderRecording, PlaysAStoredRecording) {
  control::test::SampleStore store;
  auto caller = control::test::sample_stream(store.recording(), 1, 0);
  auto callee = control::test::sample_stream(store.recording(), 2, 1);
  store.add_block(callee, tone_packets(1'000, 40, test::kStartUs + 200'000));
  store.add_block(caller, tone_packets(440, 50, test::kStartUs));
  const RecordingRow row = store.finish();
  const auto audio = render_recording(store.path(), row, {callee}, store.key(),
                                      {.program = OPPTAK_RENDER, .deadline_ms = 20'000});
  ASSERT_TRUE(audio) << audio.error().message;
  const auto wav = test::parse_wav(audio->wav);
  ASSERT_EQ(wav.left.size(), 8'000u);
  EXPECT_GT(test::snr_db(wav.left, 0, 8'000, 440, 8'000, 0), 35);
  EXPECT_TRUE(test::silent(wav.right, 0, 1'600));
  EXPECT_GT(test::snr_db(wav.right, 1'600, 6'400, 1'000, 8'000, 1'600), 35);
}

TEST(RenderRecording, SaysWhyNot) {
  control::test::SampleStore store;
  auto caller = control::test::sample_stream(store.recording(), 1, 0);
  store.add_block(caller, tone_packets(440, 5, test::kStartUs));
  RecordingRow row = store.finish();
  const RenderOptions options{.program = OPPTAK_RENDER, .deadline_ms = 20'000};
  const auto wrong_key =
      render_recording(store.path(), row, {caller}, storage::RecordingKey::random(), options);
  ASSERT_FALSE(wrong_key);
  EXPECT_EQ(wrong_key.error().code, RenderError::kSource);
  EXPECT_NE(wrong_key.error().message.find(to_string(row.id)), std::string::npos);
  row.extents = {};
  const auto nothing = render_recording(store.path(), row, {caller}, store.key(), options);
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().code, RenderError::kNothingToPlay);
}

}  // namespace
}  // namespace opptak::control::render
