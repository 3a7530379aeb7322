#include "control/catalogue/catalogue.h"

#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/catalogue/names.h"
#include "tests/unit/control/catalogue/sample_rows.h"

namespace opptak::control {
namespace {

void expect_same(const CallRow& a, const CallRow& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.sip_call_id, b.sip_call_id);
  EXPECT_EQ(a.from, b.from);
  EXPECT_EQ(a.to, b.to);
  EXPECT_EQ(a.campaign, b.campaign);
  EXPECT_EQ(a.agent, b.agent);
  EXPECT_EQ(a.client, b.client);
  EXPECT_EQ(a.mode, b.mode);
  EXPECT_EQ(a.policy_rule, b.policy_rule);
  EXPECT_EQ(a.conversation_id, b.conversation_id);
  EXPECT_EQ(a.state, b.state);
  EXPECT_EQ(a.reason, b.reason);
  EXPECT_EQ(a.answered, b.answered);
  EXPECT_EQ(a.started_at, b.started_at);
  EXPECT_EQ(a.answered_at, b.answered_at);
  EXPECT_EQ(a.ended_at, b.ended_at);
  EXPECT_EQ(a.resume_json, b.resume_json);
}

void expect_same(const RecordingRow& a, const RecordingRow& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.call, b.call);
  EXPECT_EQ(a.tag, b.tag);
  EXPECT_EQ(a.state, b.state);
  EXPECT_EQ(a.started_at, b.started_at);
  EXPECT_EQ(a.ended_at, b.ended_at);
  EXPECT_EQ(a.expiry_day, b.expiry_day);
  EXPECT_EQ(a.extents.segment, b.extents.segment);
  EXPECT_EQ(a.extents.offset_bytes, b.extents.offset_bytes);
  EXPECT_EQ(a.extents.bytes, b.extents.bytes);
  EXPECT_EQ(a.blocks, b.blocks);
  EXPECT_EQ(a.packets, b.packets);
  EXPECT_EQ(a.payload_bytes, b.payload_bytes);
  EXPECT_EQ(a.dropped_packets, b.dropped_packets);
  EXPECT_EQ(a.recovered, b.recovered);
  EXPECT_EQ(a.erase_ranges, b.erase_ranges);
  EXPECT_EQ(a.receipt, b.receipt);
  EXPECT_EQ(a.erased_at, b.erased_at);
}

std::uint64_t count_of(const StateCounts& counts, CallState state) {
  for (const auto& [each, rows] : counts.calls) {
    if (each == state) return rows;
  }
  return 999;
}

TEST_F(CatalogueTest, CallsComeBackAsPut) {
  const CallRow full = sample_call(1);
  CallRow bare;
  bare.id = call_id(2);
  bare.sip_call_id = std::string("a\0b\xff", 4);  // From the wire: any bytes.
  ASSERT_TRUE(writer_->put_call(full));
  ASSERT_TRUE(writer_->put_call(bare));
  expect_same(**writer_->find_call(full.id), full);
  expect_same(**writer_->find_call(bare.id), bare);
  EXPECT_EQ((*writer_->calls_by_sip_call_id(bare.sip_call_id)).size(), 1U);
  EXPECT_EQ(*writer_->find_call(call_id(3)), std::nullopt);

  CallRow changed = sample_call(9);
  changed.id = full.id;
  changed.campaign.reset();
  changed.reason.reset();
  ASSERT_TRUE(writer_->put_call(changed));
  expect_same(**writer_->find_call(full.id), changed);
}

TEST_F(CatalogueTest, RecordingsComeBackAsPut) {
  ASSERT_TRUE(writer_->put_call(sample_call(1)));
  const RecordingRow row = sample_recording(1, call_id(1));
  ASSERT_TRUE(writer_->put_recording(row));
  expect_same(**writer_->find_recording(row.id), row);
  RecordingRow changed = sample_recording(2, call_id(1));
  changed.id = row.id;
  changed.receipt.reset();
  changed.state = RecordingState::kStored;
  ASSERT_TRUE(writer_->put_recording(changed));
  expect_same(**writer_->find_recording(row.id), changed);
  EXPECT_EQ((*writer_->recordings_of(call_id(1))).size(), 1U);
  EXPECT_TRUE((*writer_->recordings_of(call_id(2))).empty());
}

TEST_F(CatalogueTest, RecordingNeedsItsCallAndStreamItsRecording) {
  const auto orphan = writer_->put_recording(sample_recording(1, call_id(1)));
  ASSERT_FALSE(orphan);
  EXPECT_EQ(orphan.error().code, CatalogueError::kRefused);
  EXPECT_FALSE(writer_->put_stream(sample_stream(recording_id(1), 5)));
  EXPECT_FALSE(writer_->add_call_event({call_id(1), {1}, "bye", ""}));
}

// Goal: a stream that fell silent and came back is two rows, one that is told twice is one.
TEST_F(CatalogueTest, StreamsAreKeyedByTheirFirstArrival) {
  ASSERT_TRUE(writer_->put_call(sample_call(1)));
  ASSERT_TRUE(writer_->put_recording(sample_recording(1, call_id(1))));
  StreamRow late = sample_stream(recording_id(1), 500);
  StreamRow early = sample_stream(recording_id(1), 5);
  ASSERT_TRUE(writer_->put_stream(late));
  ASSERT_TRUE(writer_->put_stream(early));
  early.packets = 77;
  early.codecs = {{0, "X\nY", 8'000, 1}};
  ASSERT_TRUE(writer_->put_stream(early));
  const auto streams = *writer_->streams_of(recording_id(1));
  ASSERT_EQ(streams.size(), 2U);
  EXPECT_EQ(streams[0].first_arrival.value, 5);
  EXPECT_EQ(streams[0].packets, 77U);
  EXPECT_EQ(streams[0].codecs[0].name, "X");
  EXPECT_EQ(streams[1].key, late.key);
  EXPECT_EQ(streams[1].speaker, 1);
  EXPECT_EQ(streams[1].last_arrival.value, 509);
  EXPECT_EQ(streams[1].duplicates, 2U);
  EXPECT_EQ(streams[1].reordered, 3U);
  EXPECT_EQ(streams[1].lost, 4U);
  EXPECT_EQ(streams[1].dropped, 5U);
  ASSERT_EQ(streams[1].codecs.size(), 2U);
  EXPECT_EQ(streams[1].codecs[1].name, "OPUS");
  EXPECT_EQ(streams[1].codecs[1].clock_hz, 48'000U);
}

TEST_F(CatalogueTest, RemovedRecordingsTakeTheirStreamsAlong) {
  ASSERT_TRUE(writer_->put_call(sample_call(1)));
  for (const std::uint8_t low : {std::uint8_t{1}, std::uint8_t{2}}) {
    ASSERT_TRUE(writer_->put_recording(sample_recording(low, call_id(1))));
    ASSERT_TRUE(writer_->put_stream(sample_stream(recording_id(low), 5)));
  }
  ASSERT_TRUE(writer_->remove_recording(recording_id(1)));
  ASSERT_TRUE(writer_->remove_recording(recording_id(1)));
  EXPECT_FALSE((*writer_->find_recording(recording_id(1))).has_value());
  EXPECT_TRUE((*writer_->streams_of(recording_id(1))).empty());
  EXPECT_EQ((*writer_->streams_of(recording_id(2))).size(), 1U);
  const StateCounts counts = *writer_->counts_by_state();
  for (const auto& [state, rows] : counts.recordings) {
    EXPECT_EQ(rows, state == RecordingState::kErasing ? 1U : 0U);
  }
}

TEST_F(CatalogueTest, EventsKeepTheirOrderAndCountOnce) {
  ASSERT_TRUE(writer_->put_call(sample_call(1)));
  for (int delivery = 0; delivery < 2; ++delivery) {
    ASSERT_TRUE(writer_->add_call_event({call_id(1), {7}, "ringing", ""}));
    ASSERT_TRUE(writer_->add_call_event({call_id(1), {7}, "answered", R"({"a":1})"}));
    ASSERT_TRUE(writer_->add_call_event({call_id(1), {7}, "answered", R"({"a":2})"}));
  }
  const auto events = *writer_->events_of(call_id(1));
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].kind, "ringing");
  EXPECT_EQ(events[1].detail, R"({"a":1})");
  EXPECT_EQ(events[2].detail, R"({"a":2})");
  EXPECT_EQ(events[0].at.value, 7);
}

TEST_F(CatalogueTest, RestartFindsWhatIsUnfinished) {
  std::uint8_t low = 1;
  for (const CallState state : {CallState::kInProgress, CallState::kRecorded}) {
    CallRow call = sample_call(low++);
    call.state = state;
    ASSERT_TRUE(writer_->put_call(call));
  }
  for (std::uint8_t state = 0; state <= 5; ++state) {
    RecordingRow row = sample_recording(state, call_id(1));
    row.state = static_cast<RecordingState>(state);
    ASSERT_TRUE(writer_->put_recording(row));
  }
  const auto calls = *writer_->calls_in_progress();
  ASSERT_EQ(calls.size(), 1U);
  EXPECT_EQ(calls[0].id, call_id(1));
  const auto recordings = *writer_->unfinished_recordings();
  ASSERT_EQ(recordings.size(), 3U);
  EXPECT_EQ(recordings[0].state, RecordingState::kOpen);
  EXPECT_EQ(recordings[1].state, RecordingState::kClosing);
  EXPECT_EQ(recordings[2].state, RecordingState::kErasing);
}

TEST_F(CatalogueTest, ClientsAndCampaignsComeBackAsPut) {
  ASSERT_TRUE(writer_->put_client({"nord", "Nord \xc3\x85s", 1, 2}));
  ASSERT_TRUE(writer_->put_client({"acme", "A", 3, 4}));
  ASSERT_TRUE(writer_->put_client({"acme", "ACME", 30, 40}));
  ASSERT_TRUE(writer_->put_campaign({"spring", "acme", Mode::kOff, 5, {"+47*", "1001"}}));
  ASSERT_TRUE(writer_->put_campaign({"spring", "acme", Mode::kManual, 6, {"+47*", "1002"}}));
  EXPECT_FALSE(writer_->put_campaign({"bad", "acme", Mode::kManual, 6, {"1\n2"}}));
  const auto clients = *writer_->clients();
  ASSERT_EQ(clients.size(), 2U);
  EXPECT_EQ(clients[0].name, "ACME");
  EXPECT_EQ(clients[0].retention_days_sale, 30U);
  EXPECT_EQ(clients[0].retention_days_other, 40U);
  EXPECT_EQ(clients[1].name, "Nord \xc3\x85s");
  const auto campaigns = *writer_->campaigns();
  ASSERT_EQ(campaigns.size(), 1U);
  EXPECT_EQ(campaigns[0].mode, Mode::kManual);
  EXPECT_EQ(campaigns[0].pre_roll_seconds, 6U);
  EXPECT_THAT(campaigns[0].numbers, testing::ElementsAre("+47*", "1002"));
}

TEST_F(CatalogueTest, CountsFollowEveryChange) {
  CallRow call = sample_call(1);
  call.state = CallState::kInProgress;
  ASSERT_TRUE(writer_->put_call(call));
  ASSERT_TRUE(writer_->put_call(call));  // The same again counts nothing.
  ASSERT_TRUE(writer_->put_call(sample_call(2)));
  auto counts = *writer_->counts_by_state();
  EXPECT_EQ(counts.calls.size(), 6U);
  EXPECT_EQ(counts.recordings.size(), 6U);
  EXPECT_EQ(count_of(counts, CallState::kInProgress), 1U);
  EXPECT_EQ(count_of(counts, CallState::kPartial), 1U);
  call.state = CallState::kRecorded;
  ASSERT_TRUE(writer_->put_call(call));
  counts = *writer_->counts_by_state();
  EXPECT_EQ(count_of(counts, CallState::kInProgress), 0U);
  EXPECT_EQ(count_of(counts, CallState::kRecorded), 1U);

  ASSERT_TRUE(writer_->begin());
  ASSERT_TRUE(writer_->put_call(sample_call(3)));
  writer_->rollback();
  EXPECT_EQ(count_of(*writer_->counts_by_state(), CallState::kPartial), 1U);
}

// Goal: a group is seen as a whole or not at all. Method: a reader looks before and after commit.
TEST_F(CatalogueTest, ReaderSeesGroupsAsAWhole) {
  auto reader = open_sqlite_catalogue_reader(file_);
  ASSERT_TRUE(reader) << reader.error().message;
  ASSERT_TRUE(writer_->begin());
  ASSERT_TRUE(writer_->put_call(sample_call(1)));
  ASSERT_TRUE(writer_->put_recording(sample_recording(1, call_id(1))));
  EXPECT_TRUE((*writer_->find_call(call_id(1))).has_value());
  EXPECT_FALSE((*(*reader)->find_call(call_id(1))).has_value());
  ASSERT_TRUE(writer_->commit());
  EXPECT_TRUE((*(*reader)->find_call(call_id(1))).has_value());
  EXPECT_EQ((*(*reader)->recordings_of(call_id(1))).size(), 1U);
}

TEST_F(CatalogueTest, GroupsNeitherNestNorEndUnbegun) {
  EXPECT_FALSE(writer_->commit());
  ASSERT_TRUE(writer_->begin());
  EXPECT_FALSE(writer_->begin());
  ASSERT_TRUE(writer_->put_call(sample_call(1)));
  writer_->rollback();
  EXPECT_FALSE((*writer_->find_call(call_id(1))).has_value());
  ASSERT_TRUE(writer_->begin());
  ASSERT_TRUE(writer_->commit());
}

// A put that the schema refuses leaves the rest of its group as it is: the caller decides.
TEST_F(CatalogueTest, RefusedPutLeavesTheGroupUsable) {
  ASSERT_TRUE(writer_->begin());
  ASSERT_TRUE(writer_->put_call(sample_call(1)));
  EXPECT_FALSE(writer_->put_recording(sample_recording(1, call_id(7))));
  ASSERT_TRUE(writer_->put_recording(sample_recording(1, call_id(1))));
  ASSERT_TRUE(writer_->commit());
  EXPECT_TRUE((*writer_->find_recording(recording_id(1))).has_value());
}

// Goal: a reader never waits for the writer, never fails, and never sees half a group. Method:
// groups of one call and one recording are written while readers compare both tables.
TEST_F(CatalogueTest, ReadersRunBesideTheWriter) {
  constexpr int kGroups = 200;
  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0;
  std::atomic<int> looks = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      auto reader = open_sqlite_catalogue_reader(file_);
      while (reader && !done) {
        const auto page = (*reader)->list_calls({}, "", 1);
        if (!page) ++wrong;
        if (!page || page->calls.empty()) continue;
        const auto recordings = (*reader)->recordings_of(page->calls[0].id);
        if (!recordings || recordings->size() != 1) ++wrong;
        ++looks;
      }
      if (!reader) ++wrong;
    });
  }
  for (int i = 0; i < kGroups; ++i) {
    CallRow call = sample_call(1);
    call.id = call_id(static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8));
    call.started_at = {i + 1};
    RecordingRow recording = sample_recording(1, call.id);
    recording.id.bytes[0] = static_cast<std::uint8_t>(i);
    recording.id.bytes[1] = static_cast<std::uint8_t>(i >> 8);
    ASSERT_TRUE(writer_->begin());
    ASSERT_TRUE(writer_->put_call(call));
    ASSERT_TRUE(writer_->put_recording(recording));
    ASSERT_TRUE(writer_->commit());
  }
  while (looks == 0) std::this_thread::yield();
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
}

TEST(CatalogueNames, AreTheWordsOfTheApi) {
  EXPECT_EQ(name_of(CallState::kNoMedia), "no_media");
  EXPECT_EQ(parse_call_state("in_progress"), CallState::kInProgress);
  EXPECT_EQ(parse_call_state("No_media"), std::nullopt);
  EXPECT_EQ(name_of(RecordingState::kLost), "lost");
  EXPECT_EQ(parse_mode(name_of(Mode::kOff)), Mode::kOff);
}

}  // namespace
}  // namespace opptak::control
