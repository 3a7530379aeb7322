#include "control/render/engine/codec.h"

#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/control/render/job.h"

namespace opptak::control::render {
namespace {

// Sizes of the frames that a payload is cut into; a silent one as its negative samples.
std::optional<std::vector<int>> sizes(const char* name, const std::vector<std::uint8_t>& payload) {
  FrameSplitter splitter(codec_of(test::named(96, 8'000, name)));
  const auto frames = splitter.split(payload);
  if (!frames) return std::nullopt;
  std::vector<int> found;
  for (const CodedFrame& frame : *frames) {
    found.push_back(frame.bytes.empty() ? -static_cast<int>(frame.silence_samples)
                                        : static_cast<int>(frame.bytes.size()));
  }
  return found;
}

using Sizes = std::vector<int>;

TEST(CodecOf, KnowsClocksAndRates) {
  EXPECT_EQ(codec_of(test::named(9, 8'000, "g722")).sample_hz, 16'000u);
  EXPECT_EQ(codec_of(test::named(9, 8'000, "G722")).clock_hz, 8'000u);
  EXPECT_EQ(codec_of(test::named(111, 8'000, "opus")).clock_hz, 48'000u);
  EXPECT_EQ(codec_of(test::named(101, 8'000, "telephone-event")).kind, CodecKind::kNotAudio);
  EXPECT_EQ(codec_of(test::named(97, 12'345, "SILK")).kind, CodecKind::kUnknown);
  EXPECT_EQ(codec_of(test::named(97, 12'345, "SILK")).clock_hz, 12'345u);
  EXPECT_EQ(codec_of(test::named(97, 0, "L16")).clock_hz, 8'000u);
  EXPECT_EQ(static_codec(18).kind, CodecKind::kG729);
  EXPECT_EQ(static_codec(13).kind, CodecKind::kNotAudio);
  EXPECT_EQ(static_codec(96).kind, CodecKind::kUnknown);
}

TEST(FrameSplitter, CutsFixedFrames) {
  EXPECT_EQ(sizes("PCMA", std::vector<std::uint8_t>(160)), (Sizes{160}));
  EXPECT_EQ(sizes("GSM", std::vector<std::uint8_t>(66)), (Sizes{33, 33}));
  EXPECT_FALSE(sizes("GSM", std::vector<std::uint8_t>(34)));
  EXPECT_EQ(sizes("ILBC", std::vector<std::uint8_t>(76)), (Sizes{38, 38}));
  EXPECT_EQ(sizes("ILBC", std::vector<std::uint8_t>(50)), (Sizes{50}));
  EXPECT_FALSE(sizes("ILBC", std::vector<std::uint8_t>(51)));
  EXPECT_EQ(sizes("G729", std::vector<std::uint8_t>(22)), (Sizes{10, 10, -80}));
  EXPECT_FALSE(sizes("G729", std::vector<std::uint8_t>(21)));
  std::vector<std::uint8_t> g723(44);
  g723[24] = 1;  // The second frame is of the lower rate.
  EXPECT_EQ(sizes("G723", g723), (Sizes{24, 20}));
  EXPECT_EQ(sizes("PCMU", {}), (Sizes{}));
}

// One AMR frame of 12.2 kbit/s, octet-aligned (RFC 4867 section 4.4): CMR, table of contents, 31
// bytes of speech; and packed (section 4.3): 4 + 6 + 244 bits.
std::vector<std::uint8_t> amr_aligned() {
  std::vector<std::uint8_t> payload{0xf0, 0x3c};
  for (int i = 0; i < 31; ++i) payload.push_back(static_cast<std::uint8_t>(0xa0 + i));
  return payload;
}

TEST(FrameSplitter, TakesAmrInBothForms) {
  EXPECT_EQ(sizes("AMR", amr_aligned()), (Sizes{32}));
  // Packed: CMR 15, one frame of type 7 with good quality (0 0111 1), speech bits all one.
  std::vector<std::uint8_t> packed(32, 0xff);
  packed[0] = 0xf3;
  packed[1] = 0xff;
  packed[31] = 0xfc;
  FrameSplitter splitter(codec_of(test::named(96, 8'000, "AMR")));
  const auto frames = splitter.split(packed);
  ASSERT_TRUE(frames);
  ASSERT_EQ(frames->size(), 1u);
  EXPECT_EQ(frames->front().bytes.size(), 32u);
  EXPECT_EQ(frames->front().bytes[0], 7 << 3 | 4);
  EXPECT_EQ(frames->front().bytes[1], 0xff);
  EXPECT_EQ(frames->front().bytes[31], 0xf0);  // 244 bits: the last byte holds four.
  // No data, aligned: CMR and one entry of type 15.
  EXPECT_EQ(sizes("AMR", {0xf0, 0x7c}), (Sizes{-160}));
  EXPECT_EQ(sizes("AMR-WB", {0xf0, 0x7c}), (Sizes{-320}));
}

// Goal: a cut AMR payload gives no speech, and is not read past its end. Method: cut it at every
// byte (under ASan in CI). One length fits the packed form: a frame of bad quality, thus silence.
TEST(FrameSplitter, GivesNoSpeechOfATruncatedAmr) {
  const auto whole = amr_aligned();
  for (std::size_t size = 1; size < whole.size(); ++size) {
    const std::vector<std::uint8_t> cut(whole.begin(),
                                        whole.begin() + static_cast<std::ptrdiff_t>(size));
    const auto found = sizes("AMR", cut);
    EXPECT_TRUE(!found || *found == Sizes{-160}) << "size=" << size;
  }
}

}  // namespace
}  // namespace opptak::control::render
