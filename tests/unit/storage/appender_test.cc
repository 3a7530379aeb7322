#include "storage/segment/appender.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <set>

#include <fcntl.h>
#include <gtest/gtest.h>

#include "storage/base/bytes.h"
#include "storage/segment/store.h"
#include "tests/unit/storage/temporary_directory.h"

namespace opptak::storage {
namespace {

constexpr UnixNs kNow{1'764'000'000'000'000'000};

class Appender : public testing::Test {
 protected:
  Appender() : store_(*open_or_create_store(directory_.path(), kNow)) {
    config_.directory = directory_.path();
    config_.store = store_.id;
    config_.epoch = *advance_epoch(store_);
    config_.segment_bytes = 1U << 20;
    config_.batch_bytes = 128U << 10;
    config_.batches = 12;
    config_.open_segments_max = 3;
    config_.free_bytes_min = 0;
    config_.opened_at = kNow;
  }

  SegmentAppender open() {
    auto appender = SegmentAppender::open(config_);
    EXPECT_TRUE(appender) << appender.error().message;
    return std::move(*appender);
  }

  static Reservation reserve(SegmentAppender& appender, std::uint32_t day, std::uint32_t bytes) {
    for (;;) {
      const auto reservation = appender.reserve(day, bytes);
      if (reservation) return *reservation;
      EXPECT_EQ(reservation.error(), AppendError::kBusy) << appender.message();
      if (reservation.error() != AppendError::kBusy) return {};
      appender.poll(kNow);
    }
  }

  // Every word of a block says which ticket it belongs to and where in it it stands.
  static void fill(const Reservation& reservation) {
    for (std::size_t i = 0; i < reservation.block.size(); i += 8) {
      store_le<std::uint64_t>(reservation.block.data() + i, reservation.ticket << 20 | i);
    }
  }

  std::vector<std::uint8_t> read_segment(SegmentId id) const {
    std::ifstream file(segments_directory(directory_.path()) / segment_file_name(id),
                       std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  void expect_block(const Reservation& reservation, std::size_t bytes) const {
    const auto segment = read_segment(reservation.segment);
    ASSERT_GE(segment.size(), reservation.offset_bytes + bytes);
    for (std::size_t i = 0; i < bytes; i += 8) {
      ASSERT_EQ(load_le<std::uint64_t>(segment.data() + reservation.offset_bytes + i),
                reservation.ticket << 20 | i)
          << "ticket " << reservation.ticket << " byte " << i;
    }
  }

  TemporaryDirectory directory_;
  StoreInfo store_;
  AppenderConfig config_;
};

// Goal: every block is found again where its reservation said, over many segments, days and sizes,
// with flushes in between; sealed segments have header and footer and nothing behind.
TEST_F(Appender, WritesEveryBlockWhereItWasReserved) {
  std::mt19937 random(20251124);
  SegmentAppender appender = open();
  std::vector<Reservation> written;
  std::map<SegmentId, std::uint32_t> days;
  for (int i = 0; i < 1500; ++i) {
    const auto day = static_cast<std::uint32_t>(20'000 + random() % 3);
    const auto bytes = static_cast<std::uint32_t>(kSectorBytes * (1 + random() % 8));
    Reservation reservation = reserve(appender, day, bytes);
    ASSERT_EQ(reservation.ticket, written.size() + 1);
    ASSERT_EQ(reservation.block.size(), bytes);
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(reservation.block.data()) % kSectorBytes, 0U);
    fill(reservation);
    appender.commit(reservation);
    if (random() % 50 == 0) appender.flush();
    if (random() % 200 == 0) appender.request_sync();
    const auto [at, fresh] = days.emplace(reservation.segment, day);
    ASSERT_EQ(at->second, day) << "two days in one segment";
    written.push_back(reservation);
  }
  ASSERT_TRUE(appender.close(kNow));
  EXPECT_EQ(appender.durable_ticket(), 1500U);
  EXPECT_FALSE(appender.any_failed());
  EXPECT_GT(days.size(), 15U);
  for (const Reservation& reservation : written)
    expect_block(reservation, reservation.block.size());

  std::size_t files = 0;
  for (const auto& file :
       std::filesystem::directory_iterator(segments_directory(directory_.path()))) {
    ++files;
    const auto id = parse_segment_file_name(file.path().filename().string());
    ASSERT_TRUE(id);
    const auto bytes = read_segment(*id);
    const auto header = decode_segment_header(bytes);
    ASSERT_TRUE(header);
    EXPECT_EQ(header->id, *id);
    EXPECT_EQ(header->store, store_.id);
    EXPECT_EQ(header->expiry_day, days.at(*id));
    EXPECT_EQ(header->created_at, kNow);
    const auto footer = decode_segment_footer(std::span(bytes).last(kSectorBytes));
    ASSERT_TRUE(footer);
    EXPECT_EQ(footer->used_bytes, bytes.size() - kSectorBytes);
    EXPECT_LE(bytes.size(), config_.segment_bytes);
  }
  EXPECT_EQ(files, days.size());  // The spare is gone.
}

// Goal: nothing is called durable before a sync, and everything committed before one is after it.
TEST_F(Appender, DurableFollowsTheSync) {
  SegmentAppender appender = open();
  for (std::uint32_t i = 0; i < 10; ++i) {
    const Reservation reservation = reserve(appender, 20'000 + i % 2, 16'384);
    fill(reservation);
    appender.commit(reservation);
  }
  appender.flush();
  while (appender.written_ticket() < 10) appender.poll(kNow);
  EXPECT_EQ(appender.durable_ticket(), 0U);
  EXPECT_EQ(appender.stats().syncs, 0U);
  appender.request_sync();
  while (appender.durable_ticket() < 10) appender.poll(kNow);
  EXPECT_EQ(appender.stats().syncs, 2U);  // One for each segment.
  appender.request_sync();                // Nothing to do.
  appender.poll(kNow);
  EXPECT_EQ(appender.stats().syncs, 2U);
  EXPECT_EQ(appender.durable_ticket(), 10U);
}

// Goal: without durability nothing is synced and written counts as durable.
TEST_F(Appender, SyncsNothingWithoutDurability) {
  config_.durability = Durability::kNone;
  SegmentAppender appender = open();
  for (int i = 0; i < 200; ++i) {
    const Reservation reservation = reserve(appender, 20'000, 16'384);
    fill(reservation);
    appender.commit(reservation);
  }
  appender.request_sync();
  while (appender.durable_ticket() < 200) appender.poll(kNow);
  EXPECT_EQ(appender.stats().syncs, 0U);
  ASSERT_TRUE(appender.close(kNow));
  EXPECT_EQ(appender.stats().syncs, 0U);
}

// Goal: back-pressure instead of loss: with every buffer held by an unfinished reservation the
// appender says busy, and goes on once they are committed, out of order.
TEST_F(Appender, SaysBusyWhenNoBufferIsFree) {
  SegmentAppender appender = open();
  std::vector<Reservation> held;
  for (;;) {
    const auto reservation = appender.reserve(20'000, 128U << 10);
    if (!reservation) {
      ASSERT_EQ(reservation.error(), AppendError::kBusy);
      appender.poll(kNow);
      if (held.size() >= config_.batches - 1) break;
      continue;
    }
    held.push_back(*reservation);
  }
  EXPECT_GT(appender.stats().busy, 0U);
  std::reverse(held.begin(), held.end());
  for (const Reservation& reservation : held) {
    fill(reservation);
    appender.commit(reservation);
  }
  const Reservation next = reserve(appender, 20'000, 4096);
  fill(next);
  appender.commit(next);
  ASSERT_TRUE(appender.close(kNow));
  for (const Reservation& reservation : held) expect_block(reservation, reservation.block.size());
  expect_block(next, 4096);
}

// Goal: more days than may be open at once work: the idlest segment is sealed.
TEST_F(Appender, SealsTheIdlestSegmentForAnotherDay) {
  SegmentAppender appender = open();
  std::set<SegmentId> segments;
  for (std::uint32_t round = 0; round < 3; ++round) {
    for (std::uint32_t day = 0; day < 5; ++day) {
      const Reservation reservation = reserve(appender, 20'000 + day, 4096);
      fill(reservation);
      appender.commit(reservation);
      segments.insert(reservation.segment);
    }
  }
  EXPECT_EQ(segments.size(), 15U);
  ASSERT_TRUE(appender.close(kNow));
}

// Goal: a writer that dies leaves its segments open, with what was written in them.
TEST_F(Appender, LeavesSegmentsOpenWithoutClose) {
  Reservation reservation;
  {
    SegmentAppender appender = open();
    reservation = reserve(appender, 20'000, 8192);
    fill(reservation);
    appender.commit(reservation);
    appender.flush();
  }
  expect_block(reservation, 8192);
  const auto bytes = read_segment(reservation.segment);
  EXPECT_EQ(bytes.size(), config_.segment_bytes);
  EXPECT_FALSE(decode_segment_footer(std::span(bytes).last(kSectorBytes)));
}

// Goal: two writers of one start never share a segment.
TEST_F(Appender, WritersHaveSegmentsOfTheirOwn) {
  SegmentAppender first = open();
  config_.writer = 1;
  SegmentAppender second = open();
  const Reservation a = reserve(first, 20'000, 4096);
  const Reservation b = reserve(second, 20'000, 4096);
  EXPECT_NE(a.segment, b.segment);
  first.commit(a);
  second.commit(b);
}

// Goal: a store that cannot be written is an error that names it.
TEST_F(Appender, NamesADirectoryThatIsMissing) {
  config_.directory /= "missing";
  const auto appender = SegmentAppender::open(config_);
  ASSERT_FALSE(appender);
  EXPECT_EQ(appender.error().code, AppendError::kFailed);
  EXPECT_NE(appender.error().message.find("missing/segments"), std::string::npos);
}

}  // namespace
}  // namespace opptak::storage
