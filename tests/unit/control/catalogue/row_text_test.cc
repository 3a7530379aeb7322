#include "control/catalogue/row_text.h"

#include <gtest/gtest.h>

namespace opptak::control {
namespace {

TEST(RowText, CodecsSurvive) {
  const std::vector<CodecRow> codecs{
      {0, "PCMU", 8'000, 1}, {255, "odd name / 1", 4'294'967'295, 9}, {7, "", 1, 1}};
  const auto again = unpack_codecs(pack_codecs(codecs));
  ASSERT_EQ(again.size(), 3U);
  EXPECT_EQ(again[1].name, "odd name / 1");
  EXPECT_EQ(again[1].clock_hz, 4'294'967'295U);
  EXPECT_EQ(again[1].channels, 9);
  EXPECT_EQ(again[2].name, "");
}

// Goal: damaged text costs lines, never a crash. Method: cut it at every byte.
TEST(RowText, CodecsSurviveEveryTruncation) {
  const std::string text = pack_codecs({{8, "PCMA", 8'000, 1}, {111, "OPUS", 48'000, 2}});
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_LE(unpack_codecs(std::string_view(text).substr(0, size)).size(), 2U);
  }
  EXPECT_TRUE(unpack_codecs("8\n300 1 1 X\n8 8000 1\n-1 1 1 X\n").empty());
}

TEST(RowText, LinesSurvive) {
  EXPECT_EQ(unpack_lines(*pack_lines({"a", "", "b c"})),
            (std::vector<std::string>{"a", "", "b c"}));
  EXPECT_TRUE(unpack_lines(*pack_lines({})).empty());
  EXPECT_FALSE(pack_lines({"a\nb"}));
}

TEST(RowText, StreamKeySurvives) {
  StreamKey key{
      {*parse_address("10.1.2.3"), 4'001}, {*parse_address("2001:db8::9"), 65'535}, 0xdeadbeef};
  const auto bytes = pack_stream_key(key);
  EXPECT_EQ(unpack_stream_key(bytes), key);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(unpack_stream_key(std::span(bytes).first(size)), StreamKey{});
  }
}

TEST(RowText, CursorSurvivesTimesBeforeTheEpoch) {
  CallCursor cursor{{-5}, {}};
  cursor.id.bytes[15] = 0xff;
  EXPECT_EQ(unpack_cursor(pack_cursor(cursor)), cursor);
}

}  // namespace
}  // namespace opptak::control
