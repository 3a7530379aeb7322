#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "control/cli/api_client.h"
#include "control/cli/api_text.h"
#include "control/cli/suggest.h"
#include "control/cli/table.h"

namespace opptak::control::cli {
namespace {

TEST(Nearest, OffersWhatIsNearAndNothingElse) {
  const std::vector<std::string> commands{"up", "replay", "verify", "calls", "recordings"};
  EXPECT_EQ(nearest("reply", commands), "replay");
  EXPECT_EQ(nearest("rpelay", commands), "replay");
  EXPECT_EQ(nearest("recording", commands), "recordings");
  EXPECT_EQ(nearest("pu", commands), "up");
  EXPECT_EQ(nearest("frobnicate", commands), std::nullopt);
  EXPECT_EQ(nearest("", commands), std::nullopt);
  EXPECT_EQ(nearest("--jsn", {"--json", "--mode"}), "--json");
}

TEST(Table, AlignsColumnsByCharacters) {
  Table table({"from", "state"});
  table.row({"bl\xc3\xa5", "recorded"});
  table.row({"+4790000001", "partial"});
  EXPECT_EQ(table.text(),
            "from         state\nbl\xc3\xa5          recorded\n+4790000001  partial\n");
}

// Goal: a name from the network cannot steer the terminal.
TEST(Printable, DefusesControlCharacters) {
  EXPECT_EQ(printable("a\x1b[31mb\nc\x7f"), "a?[31mb?c?");
  EXPECT_EQ(printable("x\xc2\x9by"), "x??y");
  EXPECT_EQ(printable("bl\xc3\xa5"), "bl\xc3\xa5");
}

TEST(UrlEncode, LeavesOnlyUnreservedCharacters) {
  EXPECT_EQ(url_encode("2026-11-24T18:15:44Z"), "2026-11-24T18%3A15%3A44Z");
  EXPECT_EQ(url_encode("a b&c=\xc3\xa5"), "a%20b%26c%3D%C3%A5");
}

TEST(SentenceOf, SaysWhatToDo) {
  EXPECT_NE(sentence_of(401, "").find("opptak token create"), std::string::npos);
  EXPECT_NE(sentence_of(403, R"({"detail":"Sellers erase nothing."})").find("Sellers erase"),
            std::string::npos);
  EXPECT_EQ(sentence_of(409, R"({"detail":"It is still being recorded."})"),
            "The gateway refused with status 409: It is still being recorded.");
  EXPECT_EQ(sentence_of(500, "<html>"), "The gateway answered with status 500.");
  EXPECT_EQ(sentence_of(500, R"({"detail":"a\u001bb"})"),
            "The gateway refused with status 500: a?b.");
}

TEST(ApiText, ChecksIdsBeforeTheyGoIntoAPath) {
  EXPECT_EQ(checked_uuid("0193A1F0-5C00-7ABC-8DEF-0123456789AB", "recording").value(),
            "0193a1f0-5c00-7abc-8def-0123456789ab");
  const auto wrong = checked_uuid("../../etc", "recording");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().status, kExitUsage);
  EXPECT_EQ(text_of({{"a", nullptr}, {"b", 3}, {"c", "x"}}, "a"), "-");
  EXPECT_EQ(text_of({{"b", 3}}, "b"), "3");
  EXPECT_EQ(text_of({{"c", "x"}}, "c"), "x");
  EXPECT_FALSE(parse_answer("[1]"));
}

}  // namespace
}  // namespace opptak::control::cli
