// The small parts of the core, each by itself.
#include <gtest/gtest.h>

#include "control/core/deadlines.h"
#include "control/core/endpoint_claims.h"
#include "control/core/outcome.h"
#include "control/core/packet_clock.h"
#include "control/core/recording_store.h"
#include "tests/unit/control/core/fake_dataplane.h"

namespace opptak::control::test {

// Goal: age counts forward steps once, ignores small steps back, and survives a clock set back.
TEST(PacketClock, AgeNeverGoesBack) {
  PacketClock clock;
  clock.advance({100 * kNsPerSecond});
  EXPECT_EQ(clock.age_ns(), 0);
  clock.advance({103 * kNsPerSecond});
  clock.advance({102 * kNsPerSecond});  // Another thread, a little behind.
  clock.advance({104 * kNsPerSecond});
  EXPECT_EQ(clock.age_ns(), 4 * kNsPerSecond);
  clock.advance({1 * kNsPerSecond});
  EXPECT_EQ(clock.now(), (UnixNs{1 * kNsPerSecond}));
  EXPECT_EQ(clock.age_ns(), 4 * kNsPerSecond);
  clock.advance({2 * kNsPerSecond});
  EXPECT_EQ(clock.age_ns(), 5 * kNsPerSecond);
  clock.advance({});
  EXPECT_EQ(clock.now(), (UnixNs{2 * kNsPerSecond}));
}

TEST(Deadlines, ComeInOrderAndOnlyWhenDue) {
  Deadlines deadlines;
  const CallId early{{1}};
  const CallId late{{2}};
  deadlines.schedule(20, late);
  deadlines.schedule(10, early);
  EXPECT_FALSE(deadlines.take_due(9));
  EXPECT_EQ(deadlines.take_due(20), early);
  EXPECT_EQ(deadlines.take_due(20), late);
  EXPECT_FALSE(deadlines.take_due(99));
}

namespace {

EndpointClaim claim(dataplane::TargetId target, std::uint8_t call, std::uint8_t conversation,
                    dataplane::TargetKind kind = dataplane::TargetKind::kRtp) {
  EndpointClaim made;
  made.target = target;
  made.kind = kind;
  made.call = CallId{{call}};
  made.conversation = CallId{{conversation}};
  made.call_order = call;
  return made;
}

}  // namespace

// Goal: strangers: the last one wins; when it lets go, the endpoint falls back.
TEST(EndpointClaims, TheLastStrangerWins) {
  EndpointClaims claims;
  const Endpoint at = endpoint("10.0.0.1:4000");
  EXPECT_EQ(claims.add(at, claim(2, 2, 2)).after->target, 2U);
  const auto change = claims.add(at, claim(1, 1, 1));
  EXPECT_EQ(change.before->target, 2U);
  EXPECT_EQ(change.after->target, 1U);
  EXPECT_EQ(claims.remove(at, 1).after->target, 2U);
  EXPECT_FALSE(claims.remove(at, 2).after);
  EXPECT_EQ(claims.size(), 0U);
}

// Goal: within a conversation the leg that started last wins, whoever announces last.
TEST(EndpointClaims, TheLaterLegWins) {
  EndpointClaims claims;
  const Endpoint at = endpoint("10.0.0.1:4000");
  claims.add(at, claim(2, 2, 1));
  EXPECT_EQ(claims.add(at, claim(1, 1, 1)).after->target, 2U);
}

TEST(EndpointClaims, RtpGoesBeforeRtcp) {
  EndpointClaims claims;
  const Endpoint at = endpoint("10.0.0.1:4001");
  claims.add(at, claim(1, 1, 1));
  EXPECT_EQ(claims.add(at, claim(2, 2, 2, dataplane::TargetKind::kRtcp)).after->target, 1U);
  EXPECT_EQ(claims.remove(at, 1).after->target, 2U);
  EXPECT_EQ(claims.remove(at, 77).after->target, 2U);
}

// Goal: ranges come back as they were written, and no cut-off text is taken for ranges.
TEST(EraseRanges, RoundTripAndTruncations) {
  const std::vector<storage::BlockLocation> blocks{{1, 4096, 16384}, {99, 1ULL << 40, 4096}};
  const std::string text = format_ranges(blocks);
  EXPECT_EQ(text, "1:4096:16384,99:1099511627776:4096");
  EXPECT_EQ(parse_ranges(text), blocks);
  EXPECT_EQ(parse_ranges(""), std::vector<storage::BlockLocation>{});
  for (std::size_t size = 1; size < text.size(); ++size) {
    const auto cut = parse_ranges(std::string_view(text).substr(0, size));
    EXPECT_FALSE(cut == blocks) << size;
  }
  for (const char* bad :
       {",", "1", "1:2", "1:2:", "1:2:3,", "1:2:3x", " 1:2:3", "1:2:-3", "1:2:99999999999"}) {
    EXPECT_FALSE(parse_ranges(bad)) << bad;
  }
}

// Goal: every row of the table of end states. Method: one call value, changed step by step.
TEST(Outcome, CoversEveryState) {
  LiveCall call;
  const auto expect = [&](CallState state, const char* reason) {
    const Outcome outcome = outcome_of(call);
    EXPECT_EQ(outcome.state, state);
    EXPECT_EQ(outcome.reason.value_or(""), reason);
  };
  expect(CallState::kNoMedia, "not_answered");
  call.end_reason = "cancelled";
  expect(CallState::kNoMedia, "cancelled");
  call.end_reason = "rejected";
  expect(CallState::kNoMedia, "rejected");
  call.row.answered = true;
  expect(CallState::kNoMedia, "no_rtp");
  call.media_in_other_call = true;
  expect(CallState::kNoMedia, "media_in_other_call");
  call.seen.other_streams = 1;
  expect(CallState::kSuppressed, "video");
  call.seen.audio_streams = 2;
  expect(CallState::kMissed, "not_stored");
  call.gateway_restarted = true;
  expect(CallState::kMissed, "gateway_restarted");
  call.row.mode = Mode::kManual;
  expect(CallState::kSuppressed, "manual");
  call.refused_no_key = true;
  expect(CallState::kMissed, "no_key");
  call.refused_store_full = true;
  expect(CallState::kMissed, "store_full");
  call.row.mode = Mode::kOff;
  expect(CallState::kSuppressed, "off");
  call.row.mode = Mode::kAutomatic;
  call.seen.dropped_packets = 5;
  expect(CallState::kMissed, "dropped_packets");
  call.store_full_seen = true;
  expect(CallState::kMissed, "store_full");
  call.seen.recordings_stored = 1;
  expect(CallState::kPartial, "store_full");
  call.store_full_seen = call.refused_store_full = false;
  expect(CallState::kPartial, "dropped_packets");
  call.seen.dropped_packets = 0;
  expect(CallState::kPartial, "no_key");
  call.refused_no_key = false;
  expect(CallState::kPartial, "gateway_restarted");
  call.gateway_restarted = false;
  expect(CallState::kRecorded, "");
  call.seen.encrypted_streams = 1;
  expect(CallState::kPartial, "encrypted_media");
  call.seen.encrypted_streams = 2;
  expect(CallState::kMissed, "encrypted_media");
}

}  // namespace opptak::control::test
