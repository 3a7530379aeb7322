#include "control/sip/printable.h"

#include <gtest/gtest.h>

namespace opptak::control::sip {
namespace {

TEST(PrintableUtf8, KeepsTextAndReplacesTheRest) {
  EXPECT_EQ(printable_utf8("+4790", 255), "+4790");
  EXPECT_EQ(printable_utf8("blåbær €𝄞", 255), "blåbær €𝄞");
  EXPECT_EQ(printable_utf8("a\r\nb", 255), "a\uFFFD\uFFFDb");
  EXPECT_EQ(printable_utf8("\xff\xc0\xaf", 255), "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(printable_utf8("\xed\xa0\x80", 255), "\uFFFD\uFFFD\uFFFD");  // A surrogate.
  EXPECT_EQ(printable_utf8("\xc2\x85", 255), "\uFFFD");                  // C1 control.
  EXPECT_EQ(printable_utf8("\xe2\x82", 255), "\uFFFD\uFFFD");            // Cut short.
  EXPECT_EQ(printable_utf8("aå", 2), "a");                               // Never half a character.
}

TEST(EscapeBytes, IsReversible) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  const std::string escaped = escape_bytes(bytes);
  for (const char c : escaped) EXPECT_TRUE(c > 0x20 && c < 0x7f);
  EXPECT_EQ(unescape_bytes(escaped), bytes);
  EXPECT_EQ(unescape_bytes("%4"), "%4");
}

}  // namespace
}  // namespace opptak::control::sip
