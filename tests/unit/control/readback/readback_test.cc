#include "control/readback/readback.h"

#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/control/readback/sample_store.h"

namespace opptak::control::readback {
namespace {

using test::SamplePacket;
using test::SampleStore;

constexpr std::uint64_t kStartUs = 1'700'000'000'000'000;

std::vector<SamplePacket> packets(std::uint16_t first, std::size_t count,
                                  std::uint64_t arrival_us = kStartUs) {
  std::vector<SamplePacket> made;
  for (std::size_t i = 0; i < count; ++i) {
    made.push_back({.arrival_us = arrival_us + i * 20'000,
                    .sequence = static_cast<std::uint16_t>(first + i),
                    .timestamp = static_cast<std::uint32_t>(160 * i),
                    .payload_type = 0,
                    .payload = std::vector<std::uint8_t>(160, static_cast<std::uint8_t>(i))});
  }
  return made;
}

// Goal: two streams in three blocks come back whole, in the order of their first packets.
TEST(ReadBack, CountsWhatWasStored) {
  SampleStore store;
  auto callee = test::sample_stream(store.recording(), 2, 1);
  auto caller = test::sample_stream(store.recording(), 1, 0);
  store.add_block(callee, packets(500, 40, kStartUs + 1'000));
  store.add_block(caller, packets(65'530, 40));
  store.add_block(callee, packets(541, 10, kStartUs + 900'000));  // Number 540 is lost.
  callee.lost = 1;
  callee.duplicates = 3;
  const RecordingRow row = store.finish();
  const auto read = read_back(store.path(), row, {callee, caller}, store.key());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->packets, 90u);
  ASSERT_EQ(read->streams.size(), 2u);
  EXPECT_EQ(read->streams[0].key.ssrc, 1u);
  EXPECT_EQ(read->streams[0].summary.packets, 40u);
  EXPECT_EQ(read->streams[0].summary.lost, 0u);
  EXPECT_EQ(read->streams[1].summary.packets, 50u);
  EXPECT_EQ(read->streams[1].summary.lost, 1u);
  EXPECT_EQ(read->streams[1].duplicates, 3u);
  EXPECT_EQ(read->streams[1].speaker, 1);
  EXPECT_EQ(read->streams[1].codecs.size(), 1u);
}

// Goal: a stream with two rows is one, and the gap between them is counted as lost once.
TEST(ReadBack, JoinsTheRowsOfOneStream) {
  SampleStore store;
  auto first = test::sample_stream(store.recording(), 1, 0);
  auto second = first;
  store.add_block(first, packets(10, 5));
  store.add_block(second, packets(20, 5, kStartUs + 5'000'000));
  second.first_arrival = {1};
  const RecordingRow row = store.finish();
  const auto read = read_back(store.path(), row, {first, second}, store.key());
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->streams.size(), 1u);
  EXPECT_EQ(read->streams[0].summary.packets, 10u);
  EXPECT_EQ(read->streams[0].summary.lost, 5u);
}

// Goal: each lie of the catalogue is found and named. Method: one lie at a time.
TEST(ReadBack, FindsWhatTheCatalogueSaysWrongly) {
  SampleStore store;
  auto stream = test::sample_stream(store.recording(), 1, 0);
  store.add_block(stream, packets(10, 5));
  const RecordingRow row = store.finish();
  ASSERT_TRUE(read_back(store.path(), row, {stream}, store.key()));
  const auto error_of = [&](const RecordingRow& said, const std::vector<StreamRow>& streams) {
    const auto read = read_back(store.path(), said, streams, store.key());
    return read ? std::string() : read.error().message;
  };
  auto lie = stream;
  lie.packets = 6;
  EXPECT_NE(error_of(row, {lie}).find("holds 5 packets but the catalogue says 6"),
            std::string::npos);
  lie = stream;
  lie.lost = 1;
  EXPECT_NE(error_of(row, {lie}).find("lost packets"), std::string::npos);
  lie = stream;
  lie.reordered = 1;
  EXPECT_NE(error_of(row, {lie}).find("reordered packets"), std::string::npos);
  lie = stream;
  lie.key.ssrc = 7;
  EXPECT_NE(error_of(row, {lie}).find("is not in the catalogue"), std::string::npos);
  auto other = stream;
  other.key.ssrc = 7;
  EXPECT_NE(error_of(row, {stream, other}).find("not in the store"), std::string::npos);
  RecordingRow said = row;
  said.packets = 4;
  EXPECT_NE(error_of(said, {stream}).find("it holds 5 packets"), std::string::npos);
}

TEST(ReadBack, SaysWhatCannotBeRead) {
  SampleStore store;
  auto stream = test::sample_stream(store.recording(), 1, 0);
  store.add_block(stream, packets(10, 5));
  RecordingRow row = store.finish();
  const auto code_of = [&](const storage::RecordingKey& key) {
    const auto read = read_back(store.path(), row, {stream}, key);
    return read ? std::optional<ReadbackError>{} : std::optional(read.error().code);
  };
  EXPECT_EQ(code_of(storage::RecordingKey::random()), ReadbackError::kUnreadable);
  row.state = RecordingState::kErased;
  EXPECT_EQ(code_of(store.key()), ReadbackError::kNotStored);
  row.state = RecordingState::kStored;
  row.extents.segment += 5;
  EXPECT_EQ(code_of(store.key()), ReadbackError::kUnreadable);
}

}  // namespace
}  // namespace opptak::control::readback
