// What is lost is said: full stores, lost packets, keys that cannot be made, a dataplane that dies.
#include <algorithm>

#include "tests/unit/control/core/engine_fixture.h"

namespace opptak::control::test {

using dataplane::StoreCondition;
using dataplane::SuppressReason;
using dataplane::TargetMode;

class EngineLoss : public EngineTest {};

// Goal: packets lost by us make a call partial, with their number in the log.
TEST_F(EngineLoss, DroppedPacketsMakeACallPartial) {
  const Dialog dialog;
  set_up_call(dialog);
  play("10.1.0.1:4000", 1020, 9000, 100, 7);
  hang_up(dialog, 10'000);
  EXPECT_EQ(only_call().state, CallState::kPartial);
  EXPECT_EQ(only_call().reason, "dropped_packets");
  const auto events = catalogue_->events_of(only_call().id);
  ASSERT_TRUE(events);
  const auto note = std::ranges::find(*events, "packets_dropped", &CallEventRow::kind);
  ASSERT_NE(note, events->end());
  EXPECT_EQ(note->detail, R"({"packets":7})");
}

// Goal: a full store refuses new recordings and lets running ones go on.
TEST_F(EngineLoss, AFullStoreRefusesNewRecordings) {
  const Dialog running;
  const Dialog late{.id = "call-2@test", .caller_tag = "f2", .callee_tag = "t2"};
  set_up_call(running);
  dataplane_.store_state(StoreCondition::kFull);
  settle();
  dataplane_.sip(after_ms(3000), invite(late, sdp("10.1.0.5", 4000)));
  dataplane_.sip(after_ms(3100), response(late, 200, sdp("10.1.0.6", 4000)));
  settle();
  const auto* target = dataplane_.target_at("10.1.0.5:4000");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->mode, TargetMode::kSuppress);
  EXPECT_EQ(target->reason, SuppressReason::kStoreFull);
  EXPECT_EQ(dataplane_.target_at("10.1.0.1:4000")->mode, TargetMode::kRecord);
  play("10.1.0.5:4000", 3200, 4000);
  play("10.1.0.1:4000", 1020, 4000);
  hang_up(late, 5000);
  hang_up(running, 9000);
  const auto missed = catalogue_->calls_by_sip_call_id(late.id)->front();
  EXPECT_EQ(missed.state, CallState::kMissed);
  EXPECT_EQ(missed.reason, "store_full");
  EXPECT_EQ(catalogue_->calls_by_sip_call_id(running.id)->front().state, CallState::kRecorded);
}

// Goal: once there is room again, a refused call is recorded from then on, and is partial.
TEST_F(EngineLoss, RecordsTheRestOnceThereIsRoom) {
  dataplane_.store_state(StoreCondition::kFull);
  settle();
  const Dialog dialog;
  set_up_call(dialog);
  EXPECT_TRUE(dataplane_.recordings.empty());
  dataplane_.store_state(StoreCondition::kOk);
  settle();
  ASSERT_EQ(dataplane_.recordings.size(), 1U);
  play("10.1.0.1:4000", 3000, 9000);
  hang_up(dialog, 10'000);
  EXPECT_EQ(only_call().state, CallState::kPartial);
  EXPECT_EQ(only_call().reason, "store_full");
}

// Goal: a recording that its writer could not begin is no recording, and the call is missed.
TEST_F(EngineLoss, AWriterWithoutRoomEndsTheRecording) {
  const Dialog dialog;
  set_up_call(dialog);
  dataplane_.store_state(StoreCondition::kFull);
  dataplane_.done(dataplane_.recordings.begin()->first, 0);
  settle();
  EXPECT_EQ(dataplane_.target_at("10.1.0.1:4000")->reason, SuppressReason::kStoreFull);
  play("10.1.0.1:4000", 3000, 9000);
  hang_up(dialog, 10'000);
  EXPECT_EQ(only_call().state, CallState::kMissed);
  EXPECT_EQ(only_call().reason, "store_full");
  EXPECT_TRUE(recordings(only_call().id).empty());
}

// Goal: without a durable key nothing is recorded, whichever step fails.
TEST_F(EngineLoss, NoKeyNoRecording) {
  store_->fail_make = true;
  const Dialog first;
  set_up_call(first);
  EXPECT_EQ(dataplane_.target_at("10.1.0.1:4000")->reason, SuppressReason::kNoKey);
  play("10.1.0.1:4000", 1020, 9000);
  hang_up(first, 10'000);
  EXPECT_EQ(only_call().state, CallState::kMissed);
  EXPECT_EQ(only_call().reason, "no_key");

  store_->fail_make = false;
  store_->fail_commit = true;
  const Dialog second{.id = "call-2@test", .caller_tag = "f2", .callee_tag = "t2"};
  set_up_call(second, "", 20'000);
  EXPECT_EQ(dataplane_.target_at("10.1.0.1:4000")->reason, SuppressReason::kNoKey);
  play("10.1.0.1:4000", 21'020, 29'000);
  hang_up(second, 30'000);
  const auto row = catalogue_->calls_by_sip_call_id(second.id)->front();
  EXPECT_EQ(row.state, CallState::kMissed);
  EXPECT_EQ(row.reason, "no_key");
  EXPECT_TRUE(recordings(row.id).empty());
  EXPECT_TRUE(dataplane_.recordings.empty());
}

// Goal: after the dataplane's death control tells the next one everything: the recordings with
// their keys as resumed, the targets in between resync marks; the call is partial.
TEST_F(EngineLoss, TellsANewDataplaneEverything) {
  const Dialog dialog;
  set_up_call(dialog);
  const auto recording = dataplane_.recordings.begin()->second.open;
  dataplane_.stream_started(*dataplane_.target_at("10.1.0.1:4000"), endpoint("10.1.0.2:5000"),
                            after_ms(1020));
  settle();
  dataplane_.restart();
  dataplane_.order.clear();
  settle();
  settle();
  ASSERT_EQ(dataplane_.recordings.size(), 1U);
  const auto again = dataplane_.recordings.begin()->second.open;
  EXPECT_EQ(again.recording, recording.recording);
  EXPECT_EQ(again.key, recording.key);
  EXPECT_EQ(again.tag, recording.tag);
  EXPECT_EQ(again.resumed, 1);
  ASSERT_TRUE(dataplane_.target_at("10.1.0.1:4000"));
  EXPECT_EQ(dataplane_.target_at("10.1.0.1:4000")->recording, recording.recording);
  ASSERT_GE(dataplane_.order.size(), 2U);
  EXPECT_EQ(dataplane_.order.front(), "resync_begin");
  EXPECT_EQ(std::ranges::count(dataplane_.order, "resync_end"), 1);
  play("10.1.0.1:4000", 3000, 9000);
  hang_up(dialog, 10'000);
  EXPECT_EQ(only_call().state, CallState::kPartial);
  EXPECT_EQ(only_call().reason, "gateway_restarted");
}

// Goal: a death while barriers or closes are awaited does not leave a call open for ever.
TEST_F(EngineLoss, AsksANewDataplaneForWhatTheOldOneOwed) {
  const Dialog dialog;
  set_up_call(dialog);
  play("10.1.0.1:4000", 1020, 9000);
  dataplane_.answer_barriers = false;
  hang_up(dialog, 10'000);
  EXPECT_EQ(only_call().state, CallState::kInProgress);
  dataplane_.restart();
  dataplane_.answer_barriers = true;
  dataplane_.answer_closes = false;
  settle();
  settle();
  EXPECT_EQ(only_call().state, CallState::kInProgress);
  dataplane_.restart();
  dataplane_.answer_closes = true;
  settle();
  settle();
  EXPECT_EQ(only_call().state, CallState::kRecorded);
}

// Goal: while rings to the dataplane are full, no further events are taken.
TEST_F(EngineLoss, WaitsForFullRings) {
  settle();
  link_->waiting = settings_.outbound_max + 1;
  dataplane_.sip(kStart, invite({}, sdp("10.1.0.1", 4000)));
  settle();
  EXPECT_EQ(dataplane_.events.size(), 1U);
  link_->waiting = 0;
  settle();
  EXPECT_TRUE(dataplane_.events.empty());
}

// Goal: SRTP is kept as it came, and the call does not claim to be recorded.
TEST_F(EngineLoss, EncryptedMediaIsNotRecorded) {
  const Dialog dialog;
  std::string offer = sdp("10.1.0.1", 4000);
  offer.replace(offer.find("RTP/AVP"), 7, "RTP/SAVP");
  dataplane_.sip(kStart, invite(dialog, offer));
  settle();
  play("10.1.0.1:4000", 100, 900);
  hang_up(dialog, 2000);
  EXPECT_EQ(only_call().state, CallState::kMissed);
  EXPECT_EQ(only_call().reason, "encrypted_media");
  EXPECT_EQ(recordings(only_call().id).size(), 1U);
}

}  // namespace opptak::control::test
