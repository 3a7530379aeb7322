// Control dies at any moment and goes on: calls in progress, events delivered twice, lockstep.
#include <algorithm>

#include "tests/unit/control/core/engine_fixture.h"

namespace opptak::control::test {

using dataplane::TargetMode;

class EngineRestart : public EngineTest {};

// Goal: after a restart in mid-call the same recording and the same targets go on, and the BYE
// that follows ends the call as if nothing had happened.
TEST_F(EngineRestart, CallsGoOnInTheSameRecording) {
  const Dialog dialog;
  set_up_call(dialog);
  dataplane_.stream_started(*dataplane_.target_at("10.1.0.1:4000"), endpoint("10.9.9.9:5000"),
                            after_ms(1020));
  settle();
  const auto target = *dataplane_.target_at("10.1.0.1:4000");
  const auto open = dataplane_.recordings.begin()->second.open;
  dataplane_.puts.clear();
  restart();
  settle();
  ASSERT_TRUE(dataplane_.target_at("10.1.0.1:4000"));
  EXPECT_EQ(dataplane_.target_at("10.1.0.1:4000")->target, target.target);
  EXPECT_EQ(dataplane_.target_at("10.1.0.1:4000")->recording, target.recording);
  EXPECT_EQ(dataplane_.targets.size(), 4U);  // RTP and RTCP of both sides.
  ASSERT_EQ(dataplane_.recordings.size(), 1U);
  EXPECT_EQ(dataplane_.recordings.begin()->second.open.key, open.key);
  EXPECT_EQ(dataplane_.recordings.begin()->second.opens, 2);
  dataplane_.stream_ended(target, endpoint("10.9.9.9:5000"), after_ms(1020), after_ms(9000), 400);
  dataplane_.done_with[open.recording].packets = 400;
  hang_up(dialog, 10'000);
  const CallRow call = only_call();
  EXPECT_EQ(call.state, CallState::kRecorded);
  EXPECT_EQ(call.ended_at, after_ms(10'000));
  const auto streams = catalogue_->streams_of(open.recording);
  ASSERT_TRUE(streams);
  ASSERT_EQ(streams->size(), 1U);
  EXPECT_EQ((*streams)[0].packets, 400U);
  EXPECT_EQ((*streams)[0].codecs.at(0).name, "PCMA");
}

// Goal: a call whose BYE came while control was away ends by silence.
TEST_F(EngineRestart, AMissedByeEndsBySilence) {
  set_up_call();
  play("10.1.0.1:4000", 1020, 9000);
  restart();
  for (int second = 10; second < 150; ++second) dataplane_.tick(after_ms(1000 * second));
  settle();
  EXPECT_EQ(only_call().state, CallState::kRecorded);
  EXPECT_EQ(only_call().ended_at, after_ms(9000));
}

// Goal: a restart at each turn of a whole call changes nothing of the outcome. Method: restart
// after every single event, with the last events delivered again.
TEST_F(EngineRestart, EveryEventMayComeTwice) {
  settings_.events_per_turn = 1;
  restart();
  const Dialog dialog;
  const auto step = [&] {
    for (int i = 0; i < 40; ++i) {
      const auto kept = dataplane_.events;  // As if the ring's tail had not been stored.
      if (!engine_->turn() && dataplane_.events.empty()) break;
      if (!kept.empty()) dataplane_.events.push_front(kept.front());
      restart();
      engine_->turn();  // Takes the repeated event.
    }
    settle();
  };
  dataplane_.sip(kStart, invite(dialog, sdp("10.1.0.1", 4000)));
  step();
  dataplane_.sip(after_ms(1000), response(dialog, 200, sdp("10.1.0.2", 5000)));
  step();
  const auto target = dataplane_.target_at("10.1.0.1:4000");
  ASSERT_TRUE(target);
  const auto put = *target;
  dataplane_.stream_started(put, endpoint("10.1.0.2:5000"), after_ms(1020));
  step();
  dataplane_.stream_ended(put, endpoint("10.1.0.2:5000"), after_ms(1020), after_ms(9000), 100, 3);
  dataplane_.done_with[put.recording].packets = 100;
  step();
  dataplane_.sip(after_ms(10'000), request(dialog, "BYE", 2));
  step();
  dataplane_.tick(after_ms(13'000));
  step();
  dataplane_.tick(after_ms(20'000));
  dataplane_.tick(after_ms(24'000));
  settle();
  const CallRow call = only_call();
  EXPECT_EQ(call.state, CallState::kPartial);
  EXPECT_EQ(call.reason, "dropped_packets");
  const auto rows = recordings(call.id);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].state, RecordingState::kStored);
  EXPECT_EQ(catalogue_->streams_of(rows[0].id)->size(), 1U);
  const auto events = catalogue_->events_of(call.id);
  const auto note = std::ranges::find(*events, "packets_dropped", &CallEventRow::kind);
  ASSERT_NE(note, events->end());
  EXPECT_EQ(note->detail, R"({"packets":3})");
  EXPECT_EQ(std::ranges::count(*events, "invite", &CallEventRow::kind), 1);
}

// Goal: a whole call that was handled, and whose events come once more to the next process, stays
// one call.
TEST_F(EngineRestart, AFinishedCallDoesNotStartAgain) {
  const Dialog dialog;
  dataplane_.sip(kStart, invite(dialog, sdp("10.1.0.1", 4000)));
  dataplane_.sip(after_ms(1000), response(dialog, 200, sdp("10.1.0.2", 5000)));
  dataplane_.sip(after_ms(5000), request(dialog, "BYE", 2));
  const auto all = dataplane_.events;
  settle();
  dataplane_.tick(after_ms(9000));
  settle();
  EXPECT_EQ(only_call().state, CallState::kNoMedia);
  dataplane_.events = all;
  restart();
  settle();
  dataplane_.tick(after_ms(9000));
  settle();
  EXPECT_EQ(only_call().state, CallState::kNoMedia);
}

// Goal: a call that lingered or drained when control died is finished by the next process.
TEST_F(EngineRestart, FinishesWhatWasEnding) {
  const Dialog dialog;
  set_up_call(dialog);
  play("10.1.0.1:4000", 1020, 9000);
  dataplane_.sip(after_ms(10'000), request(dialog, "BYE", 2));
  settle();
  restart();
  settle();
  EXPECT_TRUE(dataplane_.target_at("10.1.0.1:4000"));
  dataplane_.answer_barriers = false;
  dataplane_.tick(after_ms(11'000));
  dataplane_.tick(after_ms(14'000));
  settle();
  EXPECT_FALSE(dataplane_.target_at("10.1.0.1:4000"));
  dataplane_.answer_barriers = true;
  restart();
  settle();
  EXPECT_EQ(only_call().state, CallState::kRecorded);
}

// Goal: text that this version cannot read ends the call instead of losing it.
TEST_F(EngineRestart, EndsACallThatItCannotTakeUp) {
  set_up_call();
  play("10.1.0.1:4000", 1020, 9000);
  CallRow row = only_call();
  row.resume_json = R"({"v":999})";
  ASSERT_TRUE(catalogue_->put_call(row));
  restart();
  settle();
  dataplane_.tick(after_ms(10'000));
  dataplane_.tick(after_ms(14'000));
  settle();
  EXPECT_EQ(only_call().state, CallState::kPartial);
  EXPECT_EQ(only_call().reason, "gateway_restarted");
}

// Goal: targets keep their ids over a restart, and new ones never take an old one's.
TEST_F(EngineRestart, NeverUsesATargetIdTwice) {
  set_up_call();
  const auto before = dataplane_.target_at("10.1.0.1:4000")->target;
  restart();
  settle();
  set_up_call({.id = "call-2@test", .caller_tag = "f2", .callee_tag = "t2"}, "", 5000);
  const auto after = dataplane_.target_at("10.1.0.1:4000")->target;
  EXPECT_GT(after, before);
}

class EngineLockstep : public EngineTest {
 protected:
  void SetUp() override {
    dataplane_.geometry.workers = 1;
    dataplane_.geometry.lockstep = true;
    settings_.durable = false;
    EngineTest::SetUp();
  }
};

// Goal: every inspected packet and tick is answered, after the commands that follow from it.
TEST_F(EngineLockstep, AnswersAfterTheCommands) {
  settle();
  dataplane_.order.clear();
  dataplane_.handled.clear();
  dataplane_.sip(kStart, invite({}, sdp("10.1.0.1", 4000)));
  dataplane_.tick(after_ms(10));
  engine_->turn();
  ASSERT_EQ(dataplane_.handled.size(), 1U);
  EXPECT_EQ(dataplane_.handled[0], 2U);
  ASSERT_GE(dataplane_.order.size(), 2U);
  EXPECT_EQ(dataplane_.order.front(), "put");
  EXPECT_EQ(dataplane_.order.back(), "handled");
  dataplane_.sip(after_ms(20), response({}, 180));
  engine_->turn();
  EXPECT_EQ(dataplane_.handled.back(), 3U);
}

// Goal: the end of the input ends every call as usual, writes all rows, and ends the engine.
TEST_F(EngineLockstep, EndsWithItsInput) {
  const Dialog ended;
  const Dialog open{.id = "call-2@test", .caller_tag = "f2", .callee_tag = "t2"};
  set_up_call(ended);
  play("10.1.0.1:4000", 1020, 1900);
  dataplane_.sip(after_ms(2000), request(ended, "BYE", 2));
  dataplane_.sip(after_ms(3000), invite(open, sdp("10.1.0.7", 4000)));
  dataplane_.sip(after_ms(3100), response(open, 200, sdp("10.1.0.8", 4000)));
  settle();
  play("10.1.0.7:4000", 3200, 4000);
  EXPECT_FALSE(engine_->finished());
  dataplane_.input_ended(after_ms(4000));
  std::atomic<bool> stop{false};
  engine_->run(stop);
  EXPECT_TRUE(engine_->finished());
  const auto first = catalogue_->calls_by_sip_call_id(ended.id)->front();
  const auto second = catalogue_->calls_by_sip_call_id(open.id)->front();
  EXPECT_EQ(first.state, CallState::kRecorded);
  EXPECT_EQ(first.ended_at, after_ms(2000));
  EXPECT_EQ(second.state, CallState::kRecorded);
  EXPECT_EQ(second.ended_at, after_ms(4000));
  const auto kinds = event_kinds(second.id);
  EXPECT_NE(std::ranges::find(kinds, "capture_ended"), kinds.end());
  EXPECT_EQ(recordings(second.id).at(0).state, RecordingState::kStored);
}

// Goal: an empty capture ends too.
TEST_F(EngineLockstep, EndsWithoutAnyCall) {
  settle();
  dataplane_.input_ended(UnixNs{});
  std::atomic<bool> stop{false};
  engine_->run(stop);
  EXPECT_TRUE(engine_->finished());
}

}  // namespace opptak::control::test
