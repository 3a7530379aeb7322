#include <algorithm>
#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "control/catalogue/row_text.h"
#include "tests/unit/control/catalogue/sample_rows.h"

namespace opptak::control {
namespace {

CallRow numbered_call(std::uint32_t number, std::int64_t started_at) {
  CallRow row = sample_call(1);
  row.id.bytes.fill(0);
  for (std::size_t i = 0; i < 4; ++i) {
    row.id.bytes[12 + i] = static_cast<std::uint8_t>(number >> (24 - 8 * i));
  }
  row.started_at = {started_at};
  row.client = number % 2 == 0 ? "acme" : "nord";
  row.campaign = number % 3 == 0 ? std::optional<std::string>("spring") : std::nullopt;
  row.agent = number % 5 == 0 ? std::optional<std::string>("kari") : std::nullopt;
  row.state = static_cast<CallState>(number % 6);
  row.from = "+47" + std::to_string(number % 7);
  row.to = "+46" + std::to_string(number % 4);
  return row;
}

// Goal: calls of the first page's time appear once each, newest first, though others arrive.
// Method: many calls with equal times; between pages insert older, equal and newer ones.
TEST_F(CatalogueTest, PagesAreStableWhileRowsAreInserted) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::set<CallId> first;
  std::uint32_t number = 0;
  for (; number < 300; ++number) {
    const CallRow row = numbered_call(number, 1'000 + static_cast<std::int64_t>(random() % 20));
    first.insert(row.id);
    ASSERT_TRUE(writer_->put_call(row));
  }
  std::map<CallId, int> seen;
  std::pair<UnixNs, CallId> last{{9'999'999}, {}};
  std::string cursor;
  do {
    const auto page = writer_->list_calls({}, cursor, 7);
    ASSERT_TRUE(page) << page.error().message;
    EXPECT_LE(page->calls.size(), 7U);
    for (const CallRow& row : page->calls) {
      ++seen[row.id];
      EXPECT_LT(std::pair(row.started_at, row.id), last);
      last = {row.started_at, row.id};
    }
    cursor = page->next_cursor.value_or("");
    for (int i = 0; i < 3; ++i) {
      const auto at = 990 + static_cast<std::int64_t>(random() % 40);
      ASSERT_TRUE(writer_->put_call(numbered_call(number++, at)));
    }
  } while (!cursor.empty());
  for (const CallId& id : first) EXPECT_EQ(seen[id], 1) << to_string(id);
  for (const auto& [id, times] : seen) EXPECT_EQ(times, 1) << to_string(id);
}

// Goal: a filter lets through exactly what matches. Method: every combination of conditions
// against a search through all rows.
TEST_F(CatalogueTest, FiltersAgreeWithASearchThroughAllRows) {
  std::vector<CallRow> rows;
  ASSERT_TRUE(writer_->begin());
  for (std::uint32_t number = 0; number < 420; ++number) {
    rows.push_back(numbered_call(number, 1'000 + number / 2));
    ASSERT_TRUE(writer_->put_call(rows.back()));
  }
  ASSERT_TRUE(writer_->commit());
  for (unsigned conditions = 0; conditions < 128; ++conditions) {
    CallFilter filter;
    if (conditions & 1) filter.from = {1'020};
    if (conditions & 2) filter.to = {1'190};
    if (conditions & 4) filter.client = "acme";
    if (conditions & 8) filter.campaign = "spring";
    if (conditions & 16) filter.state = CallState::kInProgress;
    if (conditions & 32) filter.agent = "kari";
    if (conditions & 64) filter.customer = conditions & 1 ? "+473" : "+462";
    std::vector<CallId> wanted;
    for (const CallRow& row : rows) {
      const bool matches =
          (!(conditions & 1) || row.started_at >= filter.from) &&
          (!(conditions & 2) || row.started_at < filter.to) &&
          (!filter.client || row.client == *filter.client) &&
          (!filter.campaign || row.campaign == filter.campaign) &&
          (!filter.state || row.state == *filter.state) &&
          (!filter.agent || row.agent == filter.agent) &&
          (!filter.customer || row.from == *filter.customer || row.to == *filter.customer);
      if (matches) wanted.push_back(row.id);
    }
    std::ranges::reverse(wanted);  // Rows were made oldest first.
    std::vector<CallId> got;
    std::string cursor;
    do {
      const auto page = writer_->list_calls(filter, cursor, 50);
      ASSERT_TRUE(page) << page.error().message;
      for (const CallRow& row : page->calls) got.push_back(row.id);
      cursor = page->next_cursor.value_or("");
    } while (!cursor.empty());
    EXPECT_EQ(got, wanted) << "conditions " << conditions;
    // Every form also as a later page, so that all of them are prepared on one connection.
    ASSERT_TRUE(writer_->list_calls(filter, pack_cursor({{1'100}, {}}), 1));
  }
}

TEST_F(CatalogueTest, LimitIsClamped) {
  ASSERT_TRUE(writer_->begin());
  for (std::uint32_t number = 0; number < 502; ++number) {
    ASSERT_TRUE(writer_->put_call(numbered_call(number, 1'000 + number)));
  }
  ASSERT_TRUE(writer_->commit());
  EXPECT_EQ(writer_->list_calls({}, "", 0)->calls.size(), 1U);
  EXPECT_EQ(writer_->list_calls({}, "", 100'000)->calls.size(), kListLimitMax);
  const auto page = *writer_->list_calls({}, "", 500);
  const auto rest = *writer_->list_calls({}, *page.next_cursor, 500);
  EXPECT_EQ(rest.calls.size(), 2U);
  EXPECT_FALSE(rest.next_cursor);
}

// Goal: nothing but a cursor is taken for one. Method: every truncation and some forgeries.
TEST_F(CatalogueTest, RefusesForeignCursors) {
  ASSERT_TRUE(writer_->put_call(sample_call(1)));
  ASSERT_TRUE(writer_->put_call(sample_call(2)));
  const std::string cursor = *writer_->list_calls({}, "", 1)->next_cursor;
  EXPECT_EQ(cursor.find_first_not_of("0123456789abcdef"), std::string::npos);
  for (std::size_t size = 1; size < cursor.size(); ++size) {
    const auto page = writer_->list_calls({}, cursor.substr(0, size), 1);
    ASSERT_FALSE(page);
    EXPECT_EQ(page.error().code, CatalogueError::kBadCursor);
  }
  for (std::string forged : {cursor + "0", "x1" + cursor.substr(2), cursor.substr(0, 49) + "g",
                             cursor.substr(0, 48) + "-1"}) {
    EXPECT_FALSE(writer_->list_calls({}, forged, 1)) << forged;
  }
  EXPECT_TRUE(writer_->list_calls({}, cursor, 1));
}

}  // namespace
}  // namespace opptak::control
