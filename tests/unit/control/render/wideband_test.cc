// Codecs that need an encoder to test: G.722 and Opus, coded by libavcodec.
#include <algorithm>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavutil/channel_layout.h>
}

#include "control/render/engine/engine.h"
#include "tests/unit/control/render/job.h"

namespace opptak::control::render {
namespace {

// Payloads of 20 ms each, or none where this libavcodec cannot encode.
std::vector<std::vector<std::uint8_t>> encode(const char* encoder, int sample_hz,
                                              const std::vector<std::int16_t>& samples) {
  std::vector<std::vector<std::uint8_t>> payloads;
  const AVCodec* codec = avcodec_find_encoder_by_name(encoder);
  if (codec == nullptr) return payloads;
  AVCodecContext* context = avcodec_alloc_context3(codec);
  context->sample_rate = sample_hz;
  context->sample_fmt = AV_SAMPLE_FMT_S16;
  context->bit_rate = 64'000;
  av_channel_layout_default(&context->ch_layout, 1);
  AVFrame* frame = av_frame_alloc();
  AVPacket* packet = av_packet_alloc();
  if (avcodec_open2(context, codec, nullptr) == 0) {
    const int frame_samples = sample_hz / 50;
    for (std::size_t at = 0; at + static_cast<std::size_t>(frame_samples) <= samples.size();
         at += static_cast<std::size_t>(frame_samples)) {
      frame->nb_samples = frame_samples;
      frame->format = AV_SAMPLE_FMT_S16;
      frame->sample_rate = sample_hz;
      av_channel_layout_default(&frame->ch_layout, 1);
      frame->pts = static_cast<std::int64_t>(at);
      av_frame_get_buffer(frame, 0);
      std::copy_n(samples.begin() + static_cast<std::ptrdiff_t>(at), frame_samples,
                  reinterpret_cast<std::int16_t*>(frame->data[0]));
      avcodec_send_frame(context, frame);
      av_frame_unref(frame);
      while (avcodec_receive_packet(context, packet) == 0) {
        payloads.emplace_back(packet->data, packet->data + packet->size);
        av_packet_unref(packet);
      }
    }
  }
  av_packet_free(&packet);
  av_frame_free(&frame);
  avcodec_free_context(&context);
  return payloads;
}

test::Wav render_coded(const std::vector<std::vector<std::uint8_t>>& payloads, PipeCodec codec,
                       std::uint32_t ticks, std::uint32_t sample_rate_hz) {
  std::vector<test::JobPacket> packets;
  for (std::size_t i = 0; i < payloads.size(); ++i) {
    packets.push_back({.arrival_us = test::kStartUs + i * 20'000,
                       .timestamp = static_cast<std::uint32_t>(i) * ticks,
                       .sequence = static_cast<std::uint16_t>(i),
                       .payload_type = codec.payload_type,
                       .payload = payloads[i]});
  }
  Engine engine({}, [](const std::string& text) { ADD_FAILURE() << text; });
  EXPECT_TRUE(engine.feed(test::job_of(
      {{.speaker = 0, .codecs = {codec}}}, packets,
      {.sample_rate_hz = sample_rate_hz, .seconds_max = 0, .start_us = test::kStartUs})));
  const auto timeline = engine.finish();
  if (!timeline) {
    ADD_FAILURE();
    return {};
  }
  auto file = (*timeline)->wav_header();
  const auto samples = (*timeline)->wav_samples();
  file.insert(file.end(), samples.begin(), samples.end());
  return test::parse_wav(file);
}

// Goal: G.722 counts its clock in 8,000 ticks and sounds at 16,000 samples (RFC 3551 section
// 4.5.2). Method: a tone of 1 kHz is still one of 1 kHz, and a second lasts a second.
TEST(Wideband, RendersG722) {
  const auto payloads = encode("g722", 16'000, test::tone(1'000, 16'000, 16'000));
  if (payloads.empty()) GTEST_SKIP() << "no G.722 encoder";
  const auto wav = render_coded(payloads, test::named(9, 8'000, "G722"), 160, 0);
  EXPECT_EQ(wav.sample_hz, 16'000u);
  EXPECT_EQ(wav.left.size(), 16'000u);
  EXPECT_GT(test::strength(wav.left, 1'600, 12'800, 1'000, 16'000), 0.9);
  EXPECT_LT(test::strength(wav.left, 1'600, 12'800, 2'000, 16'000), 0.05);
}

// Goal: Opus at 48 kHz is resampled to both output rates without moving in time. Method: tone and
// length.
TEST(Wideband, RendersOpus) {
  const auto payloads = encode("libopus", 48'000, test::tone(1'000, 48'000, 48'000));
  if (payloads.empty()) GTEST_SKIP() << "no Opus encoder";
  for (const std::uint32_t rate : {8'000u, 16'000u}) {
    const auto wav = render_coded(payloads, test::named(111, 48'000, "OPUS"), 960, rate);
    EXPECT_EQ(wav.sample_hz, rate);
    const auto expected = payloads.size() * rate / 50;
    EXPECT_NEAR(static_cast<double>(wav.left.size()), static_cast<double>(expected), 4);
    EXPECT_GT(test::strength(wav.left, rate / 10, rate / 2, 1'000, rate), 0.8);
    EXPECT_LT(test::strength(wav.left, rate / 10, rate / 2, 1'500, rate), 0.05);
  }
}

}  // namespace
}  // namespace opptak::control::render
