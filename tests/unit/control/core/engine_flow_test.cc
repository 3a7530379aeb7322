// The life of calls in every mode, from INVITE to their end state.
#include <algorithm>
#include <thread>

#include "tests/unit/control/core/engine_fixture.h"

namespace opptak::control::test {

using dataplane::SuppressReason;
using dataplane::TargetMode;
using testing::Test;

namespace {

bool contains(const std::vector<std::string>& list, const std::string& one) {
  return std::ranges::find(list, one) != list.end();
}

}  // namespace

class EngineFlow : public EngineTest {};

// Goal: an automatic call is recorded from its first SDP on, both sides in one recording, and ends
// as `recorded`. Method: a whole call with RTP both ways.
TEST_F(EngineFlow, RecordsAnAutomaticCall) {
  const Dialog dialog;
  set_up_call(dialog);
  const auto* caller = dataplane_.target_at("10.1.0.1:4000");
  const auto* callee = dataplane_.target_at("10.1.0.2:5000");
  ASSERT_TRUE(caller && callee);
  EXPECT_EQ(caller->mode, TargetMode::kRecord);
  EXPECT_EQ(caller->side, dataplane::Side::kCaller);
  EXPECT_EQ(callee->side, dataplane::Side::kCallee);
  EXPECT_EQ(caller->recording, callee->recording);
  ASSERT_TRUE(dataplane_.target_at("10.1.0.1:4001"));
  EXPECT_EQ(dataplane_.target_at("10.1.0.1:4001")->kind, dataplane::TargetKind::kRtcp);
  ASSERT_EQ(dataplane_.recordings.size(), 1U);
  EXPECT_FALSE(dataplane_.recordings.begin()->second.open.resumed);

  play("10.1.0.1:4000", 1020, 9000);
  play("10.1.0.2:5000", 1030, 9000, 50);
  EXPECT_EQ(only_call().state, CallState::kInProgress);
  hang_up(dialog, 10'000);

  const CallRow call = only_call();
  EXPECT_EQ(call.state, CallState::kRecorded);
  EXPECT_FALSE(call.reason);
  EXPECT_TRUE(call.answered);
  EXPECT_EQ(call.from, "4711");
  EXPECT_EQ(call.to, "4722");
  EXPECT_EQ(call.started_at, kStart);
  EXPECT_EQ(call.answered_at, after_ms(1000));
  EXPECT_EQ(call.ended_at, after_ms(10'000));
  EXPECT_TRUE(call.resume_json.empty());
  EXPECT_EQ(call.conversation_id, to_string(call.id));
  const auto rows = recordings(call.id);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].state, RecordingState::kStored);
  EXPECT_EQ(rows[0].packets, 150U);
  EXPECT_EQ(rows[0].started_at, after_ms(1020));
  const auto streams = catalogue_->streams_of(rows[0].id);
  ASSERT_TRUE(streams);
  ASSERT_EQ(streams->size(), 2U);
  EXPECT_EQ((*streams)[0].packets, 100U);
  ASSERT_FALSE((*streams)[0].codecs.empty());
  EXPECT_EQ((*streams)[0].codecs[0].name, "PCMA");
  EXPECT_TRUE(dataplane_.targets.empty());
  for (const char* kind : {"invite", "ringing", "answered", "recording_started", "bye"}) {
    EXPECT_TRUE(contains(event_kinds(call.id), kind)) << kind;
  }
}

// Goal: nothing is told before it is durable. Method: the catalogue is broken by another writer's
// lock while the INVITE arrives; no target may leave and the event may not be freed.
TEST_F(EngineFlow, TellsNothingBeforeItIsDurable) {
  settle();
  ASSERT_TRUE(catalogue_->begin());  // The engine's own begin() is refused now.
  dataplane_.sip(kStart, invite({}, sdp("10.1.0.1", 4000)));
  engine_->turn();
  engine_->turn();
  EXPECT_TRUE(dataplane_.targets.empty());
  EXPECT_TRUE(dataplane_.recordings.empty());
  EXPECT_EQ(dataplane_.events.size(), 1U);
  catalogue_->rollback();
  settle();
  EXPECT_TRUE(dataplane_.target_at("10.1.0.1:4000"));
  EXPECT_EQ(dataplane_.recordings.size(), 1U);
  EXPECT_TRUE(dataplane_.events.empty());
  EXPECT_EQ(only_call().state, CallState::kInProgress);
}

// Goal: an `off` call has no key, no recording, and says that it was suppressed.
TEST_F(EngineFlow, SuppressesAnOffCall) {
  add_campaign("quiet", Mode::kOff);
  const Dialog dialog;
  set_up_call(dialog, "quiet");
  const auto* target = dataplane_.target_at("10.1.0.1:4000");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->mode, TargetMode::kSuppress);
  EXPECT_EQ(target->reason, SuppressReason::kOff);
  EXPECT_TRUE(target->recording.is_nil());
  play("10.1.0.1:4000", 1020, 9000);
  hang_up(dialog, 10'000);
  const CallRow call = only_call();
  EXPECT_EQ(call.state, CallState::kSuppressed);
  EXPECT_EQ(call.reason, "off");
  EXPECT_EQ(call.campaign, "quiet");
  EXPECT_EQ(call.client, "acme");
  EXPECT_TRUE(recordings(call.id).empty());
  EXPECT_TRUE(dataplane_.recordings.empty());
  EXPECT_EQ(keys_->live_keys(), 0U);
}

// Goal: in manual mode each start..stop is a recording of its own, and the rest is suppressed.
TEST_F(EngineFlow, RecordsManuallyAsOftenAsAsked) {
  add_campaign("hand", Mode::kManual);
  const Dialog dialog;
  set_up_call(dialog, "hand");
  const CallId id = only_call().id;
  EXPECT_EQ(dataplane_.target_at("10.1.0.1:4000")->reason, SuppressReason::kManual);

  std::atomic<bool> stop{false};
  std::thread core([&] {
    while (!stop.load()) engine_->turn();
  });
  const Actor actor{"account-1"};
  EXPECT_EQ(engine_->stop_recording(id, actor).error(), ServiceError::kNotRecording);
  const auto first = engine_->start_recording(id, actor);
  EXPECT_EQ(engine_->start_recording(id, actor).error(), ServiceError::kAlreadyRecording);
  EXPECT_EQ(engine_->start_recording(CallId{}, actor).error(), ServiceError::kNotFound);
  stop = true;
  core.join();
  ASSERT_TRUE(first);
  settle();
  EXPECT_EQ(dataplane_.target_at("10.1.0.1:4000")->mode, TargetMode::kRecord);
  EXPECT_EQ(dataplane_.target_at("10.1.0.1:4000")->recording, *first);
  play("10.1.0.1:4000", 2000, 3000, 10);

  stop = false;
  core = std::thread([&] {
    while (!stop.load()) engine_->turn();
  });
  EXPECT_EQ(engine_->stop_recording(id, actor), *first);
  const auto second = engine_->start_recording(id, actor);
  stop = true;
  core.join();
  ASSERT_TRUE(second);
  EXPECT_NE(*first, *second);
  settle();
  EXPECT_TRUE(dataplane_.recordings[*first].closed);
  play("10.1.0.2:5000", 4000, 5000, 20);
  hang_up(dialog, 10'000);

  EXPECT_EQ(only_call().state, CallState::kRecorded);
  const auto rows = recordings(id);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].packets, 10U);
  EXPECT_EQ(rows[1].packets, 20U);
}

// Goal: a manual call that nobody started is suppressed; a start that got no packet leaves
// neither row nor key.
TEST_F(EngineFlow, ForgetsARecordingWithoutPackets) {
  add_campaign("hand", Mode::kManual);
  const Dialog dialog;
  set_up_call(dialog, "hand");
  play("10.1.0.1:4000", 1020, 1900);
  const CallId id = only_call().id;
  std::atomic<bool> stop{false};
  std::thread core([&] {
    while (!stop.load()) engine_->turn();
  });
  EXPECT_TRUE(engine_->start_recording(id, {"account-1"}));
  stop = true;
  core.join();
  EXPECT_EQ(keys_->live_keys(), 1U);
  hang_up(dialog, 10'000);
  EXPECT_EQ(only_call().state, CallState::kSuppressed);
  EXPECT_EQ(only_call().reason, "manual");
  EXPECT_TRUE(recordings(id).empty());
  EXPECT_EQ(keys_->live_keys(), 0U);
}

// Goal: start and stop are refused where the mode or the call's end forbids them.
TEST_F(EngineFlow, RefusesStartWhereItMayNotBe) {
  add_campaign("quiet", Mode::kOff);
  Dialog automatic;
  Dialog off{.id = "call-2@test"};
  set_up_call(automatic);
  set_up_call(off, "quiet", 2000);
  const auto page = catalogue_->list_calls({}, "", 10);
  ASSERT_TRUE(page);
  ASSERT_EQ(page->calls.size(), 2U);
  std::atomic<bool> stop{false};
  std::thread core([&] {
    while (!stop.load()) engine_->turn();
  });
  EXPECT_EQ(engine_->start_recording(page->calls[0].id, {"a"}).error(), ServiceError::kModeOff);
  EXPECT_EQ(engine_->start_recording(page->calls[1].id, {"a"}).error(), ServiceError::kNotManual);
  stop = true;
  core.join();
  hang_up(off, 5000);
  stop = false;
  core = std::thread([&] {
    while (!stop.load()) engine_->turn();
  });
  EXPECT_EQ(engine_->start_recording(page->calls[0].id, {"a"}).error(),
            ServiceError::kNotInProgress);
  stop = true;
  core.join();
}

// Goal: a cancelled, a rejected and an unanswered call have no media, each with its own reason;
// the empty recordings that early SDP made are gone again.
TEST_F(EngineFlow, EndsCallsThatNobodyAnswered) {
  const Dialog cancelled{.id = "cancelled@test"};
  dataplane_.sip(kStart, invite(cancelled, sdp("10.1.0.1", 4000)));
  dataplane_.sip(after_ms(100), response(cancelled, 180));
  dataplane_.sip(after_ms(200), request(cancelled, "CANCEL", 1, false));
  dataplane_.sip(after_ms(210), response(cancelled, 487));
  dataplane_.sip(after_ms(220), request(cancelled, "ACK", 1));
  const Dialog rejected{.id = "rejected@test"};
  dataplane_.sip(after_ms(300), invite(rejected, sdp("10.1.0.3", 4000)));
  dataplane_.sip(after_ms(400), response(rejected, 486));
  settle();
  for (int second = 1; second < 10; ++second) dataplane_.tick(after_ms(1000 * second));
  settle();
  const auto cancelled_row = catalogue_->calls_by_sip_call_id("cancelled@test");
  const auto rejected_row = catalogue_->calls_by_sip_call_id("rejected@test");
  ASSERT_TRUE(cancelled_row && rejected_row);
  ASSERT_EQ(cancelled_row->size(), 1U);
  ASSERT_EQ(rejected_row->size(), 1U);
  EXPECT_EQ(cancelled_row->front().state, CallState::kNoMedia);
  EXPECT_EQ(cancelled_row->front().reason, "cancelled");
  EXPECT_EQ(rejected_row->front().reason, "rejected");
  EXPECT_FALSE(rejected_row->front().answered);
  EXPECT_TRUE(recordings(cancelled_row->front().id).empty());
  EXPECT_EQ(keys_->live_keys(), 0U);
}

// Goal: early media of a call that nobody answers is a recording all the same.
TEST_F(EngineFlow, RecordsEarlyMediaOfAnUnansweredCall) {
  const Dialog dialog;
  dataplane_.sip(kStart, invite(dialog, sdp("10.1.0.1", 4000)));
  dataplane_.sip(after_ms(100), response(dialog, 183, sdp("10.1.0.2", 5000)));
  settle();
  play("10.1.0.1:4000", 150, 2000);
  dataplane_.sip(after_ms(3000), request(dialog, "CANCEL", 1, false));
  dataplane_.sip(after_ms(3010), response(dialog, 487));
  settle();
  for (int second = 4; second < 12; ++second) dataplane_.tick(after_ms(1000 * second));
  settle();
  EXPECT_EQ(only_call().state, CallState::kRecorded);
  EXPECT_FALSE(only_call().answered);
}

// Goal: an answered call without RTP says so.
TEST_F(EngineFlow, SaysThatNoRtpCame) {
  const Dialog dialog;
  set_up_call(dialog);
  hang_up(dialog, 10'000);
  EXPECT_EQ(only_call().state, CallState::kNoMedia);
  EXPECT_EQ(only_call().reason, "no_rtp");
}

// Goal: a re-INVITE that moves the media goes on in the same recording; the old endpoint is let go
// after a while.
TEST_F(EngineFlow, FollowsMediaThatMoves) {
  const Dialog dialog;
  set_up_call(dialog);
  play("10.1.0.2:5000", 1020, 3000);
  const RecordingId recording = dataplane_.target_at("10.1.0.2:5000")->recording;
  dataplane_.sip(after_ms(4000), reinvite(dialog, sdp("10.1.0.1", 4000), 2));
  dataplane_.sip(after_ms(4100), response(dialog, 200, sdp("10.1.0.9", 7000), "INVITE", 2));
  dataplane_.sip(after_ms(4110), request(dialog, "ACK", 2));
  settle();
  ASSERT_TRUE(dataplane_.target_at("10.1.0.9:7000"));
  EXPECT_EQ(dataplane_.target_at("10.1.0.9:7000")->recording, recording);
  EXPECT_TRUE(dataplane_.target_at("10.1.0.2:5000"));  // Packets may be on their way.
  dataplane_.tick(after_ms(5000));
  dataplane_.tick(after_ms(7500));
  settle();
  EXPECT_FALSE(dataplane_.target_at("10.1.0.2:5000"));
  play("10.1.0.9:7000", 4200, 9000);
  hang_up(dialog, 10'000);
  EXPECT_EQ(only_call().state, CallState::kRecorded);
  EXPECT_EQ(recordings(only_call().id).size(), 1U);
  EXPECT_TRUE(contains(event_kinds(only_call().id), "media_moved"));
}

// Goal: hold is an event, and the call goes on in the same recording.
TEST_F(EngineFlow, NotesHold) {
  const Dialog dialog;
  set_up_call(dialog);
  play("10.1.0.2:5000", 1020, 3000);
  dataplane_.sip(after_ms(4000), reinvite(dialog, sdp("10.1.0.1", 4000, "sendonly"), 2));
  dataplane_.sip(after_ms(4100),
                 response(dialog, 200, sdp("10.1.0.2", 5000, "recvonly"), "INVITE", 2));
  dataplane_.sip(after_ms(4110), request(dialog, "ACK", 2));
  settle();
  EXPECT_TRUE(contains(event_kinds(only_call().id), "hold"));
  hang_up(dialog, 10'000);
  EXPECT_EQ(only_call().state, CallState::kRecorded);
  EXPECT_EQ(recordings(only_call().id).size(), 1U);
}

// Goal: a call whose BYE was not seen ends by silence, at the time of its last packet.
TEST_F(EngineFlow, EndsBySilence) {
  set_up_call();
  play("10.1.0.1:4000", 1020, 9000);
  for (int second = 10; second < 140; ++second) dataplane_.tick(after_ms(1000 * second));
  settle();
  const CallRow call = only_call();
  EXPECT_EQ(call.state, CallState::kRecorded);
  EXPECT_EQ(call.ended_at, after_ms(9000));
  EXPECT_TRUE(contains(event_kinds(call.id), "silence"));
}

// Goal: while a stream flows, silence does not end the call.
TEST_F(EngineFlow, DoesNotEndWhileMediaFlows) {
  set_up_call();
  const auto target = *dataplane_.target_at("10.1.0.1:4000");
  dataplane_.stream_started(target, endpoint("10.1.0.2:5000"), after_ms(1020));
  for (int second = 2; second < 500; ++second) dataplane_.tick(after_ms(1000 * second));
  settle();
  EXPECT_EQ(only_call().state, CallState::kInProgress);
}

// Goal: packets on their way after the BYE are still stored: targets stay for the linger time.
TEST_F(EngineFlow, LingersAfterTheBye) {
  const Dialog dialog;
  set_up_call(dialog);
  dataplane_.sip(after_ms(10'000), request(dialog, "BYE", 2));
  dataplane_.tick(after_ms(11'000));
  settle();
  EXPECT_TRUE(dataplane_.target_at("10.1.0.1:4000"));
  EXPECT_EQ(dataplane_.target_at("10.1.0.1:4000")->mode, TargetMode::kRecord);
  dataplane_.tick(after_ms(12'100));
  settle();
  EXPECT_FALSE(dataplane_.target_at("10.1.0.1:4000"));
}

// Goal: a port given anew belongs to the new call, and the old one does not get it back.
TEST_F(EngineFlow, GivesAnEndpointToTheNextCall) {
  const Dialog first;
  const Dialog second{.id = "call-2@test", .caller_tag = "f2", .callee_tag = "t2"};
  set_up_call(first);
  play("10.1.0.1:4000", 1020, 9000);
  dataplane_.sip(after_ms(10'000), request(first, "BYE", 2));
  settle();
  set_up_call(second, "", 10'500);
  const auto* target = dataplane_.target_at("10.1.0.1:4000");
  ASSERT_TRUE(target);
  const auto rows = catalogue_->calls_by_sip_call_id("call-2@test");
  ASSERT_TRUE(rows);
  EXPECT_EQ(target->call, rows->front().id);
  EXPECT_EQ(rows->front().conversation_id, to_string(rows->front().id));
  dataplane_.tick(after_ms(13'000));
  settle();
  ASSERT_TRUE(dataplane_.target_at("10.1.0.1:4000"));
  EXPECT_EQ(dataplane_.target_at("10.1.0.1:4000")->call, rows->front().id);
}

// Goal: two legs of a B2BUA that announce the same media are one conversation, recorded in the
// leg that started last.
TEST_F(EngineFlow, JoinsLegsThatShareMedia) {
  const Dialog outer;
  const Dialog inner{.id = "inner@test", .caller_tag = "f2", .callee_tag = "t2"};
  dataplane_.sip(kStart, invite(outer, sdp("10.1.0.1", 4000)));
  dataplane_.sip(after_ms(5), invite(inner, sdp("10.1.0.1", 4000)));
  dataplane_.sip(after_ms(500), response(inner, 200, sdp("10.1.0.2", 5000)));
  dataplane_.sip(after_ms(510), response(outer, 200, sdp("10.1.0.2", 5000)));
  settle();
  const auto outer_row = catalogue_->calls_by_sip_call_id(outer.id)->front();
  const auto inner_row = catalogue_->calls_by_sip_call_id(inner.id)->front();
  EXPECT_EQ(inner_row.conversation_id, to_string(outer_row.id));
  EXPECT_EQ(dataplane_.target_at("10.1.0.1:4000")->call, inner_row.id);
  EXPECT_EQ(dataplane_.target_at("10.1.0.2:5000")->call, inner_row.id);
  EXPECT_TRUE(contains(event_kinds(inner_row.id), "endpoint_shared"));
}

// Goal: video is suppressed by its own reason beside recorded audio.
TEST_F(EngineFlow, LeavesVideoOut) {
  const Dialog dialog;
  dataplane_.sip(kStart,
                 invite(dialog, sdp("10.1.0.1", 4000, "sendrecv",
                                    "m=video 6000 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n")));
  settle();
  const auto* video = dataplane_.target_at("10.1.0.1:6000");
  ASSERT_TRUE(video);
  EXPECT_EQ(video->mode, TargetMode::kSuppress);
  EXPECT_EQ(video->reason, SuppressReason::kVideo);
  EXPECT_EQ(dataplane_.target_at("10.1.0.1:4000")->mode, TargetMode::kRecord);
}

}  // namespace opptak::control::test
