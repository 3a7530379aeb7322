#include "dataplane/worker/worker.h"

#include <random>

#include <gtest/gtest.h>

#include "tests/unit/dataplane/worker_harness.h"

namespace opptak::dataplane {
namespace {

using namespace test;

const Endpoint kAgent = endpoint("10.0.0.1", 4000);
const Endpoint kCustomer = endpoint("10.0.0.2", 5000);

struct ResyncBegin : Resync {
  static constexpr MessageType kType = MessageType::kWorkerResyncBegin;
};
struct ResyncEnd : Resync {
  static constexpr MessageType kType = MessageType::kWorkerResyncEnd;
};

Bytes voice(std::uint16_t sequence, std::uint8_t fill, std::uint32_t ssrc = 7) {
  return datagram(kAgent, kCustomer, rtp(sequence, sequence * 160u, ssrc, Bytes(160, fill)));
}

// Goal (G3): RTP before the decision is in the recording, from its first packet, in order.
TEST(Worker, RecordsWhatWaitedForTheDecision) {
  WorkerHarness harness;
  for (std::uint16_t i = 0; i < 5; ++i) harness.receive(voice(i, static_cast<std::uint8_t>(i)));
  EXPECT_EQ(harness.totals().pending, 5u);
  harness.command(harness.target(1, kCustomer, TargetMode::kRecord));
  for (std::uint16_t i = 5; i < 8; ++i) harness.receive(voice(i, static_cast<std::uint8_t>(i)));
  const auto started = harness.events<StreamStarted>();
  ASSERT_EQ(started.size(), 1u);
  EXPECT_EQ(started[0].first_arrival.value, 1'700'000'000'020'000'000);
  EXPECT_EQ(started[0].speaker, Side::kCaller);  // Heard at the callee's endpoint.
  const auto payloads = harness.take_payloads();
  ASSERT_EQ(payloads.size(), 1u);
  const auto& kept = payloads.at(recording_id(1));
  ASSERT_EQ(kept.size(), 8u);
  for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(kept[i], Bytes(160, static_cast<std::uint8_t>(i)));
  EXPECT_EQ(harness.totals().stored, 8u);
  EXPECT_TRUE(harness.totals().balanced());
}

TEST(Worker, WhatNobodySignalledIsNoCallAfterTheWait) {
  WorkerHarness harness;
  harness.receive(voice(1, 1));
  harness.receive(voice(2, 2));
  harness.pass(1 * kNsPerSecond);
  EXPECT_EQ(harness.totals().pending, 2u);
  harness.pass(2 * kNsPerSecond);
  EXPECT_EQ(harness.totals().pending, 0u);
  EXPECT_EQ(harness.count(Counter::kNotCallNoSignalling), 2u);
  harness.receive(voice(3, 3));  // Remembered: it does not wait again.
  EXPECT_EQ(harness.count(Counter::kNotCallNoSignalling), 3u);
  // Signalling that comes late still records what follows.
  harness.command(harness.target(1, kCustomer, TargetMode::kRecord));
  harness.receive(voice(4, 4));
  EXPECT_EQ(harness.take_payloads().at(recording_id(1)).size(), 1u);
}

// Goal: no byte of an off call is left in block memory. Method: look for the payload in all of it.
TEST(Worker, OffKeepsNoByte) {
  WorkerHarness harness;
  harness.receive(voice(1, 0xab));
  harness.command(harness.target(1, kCustomer, TargetMode::kSuppress));
  for (std::uint16_t i = 2; i < 50; ++i) harness.receive(voice(i, 0xab));
  EXPECT_EQ(harness.count(Counter::kSuppressedOff), 49u);
  EXPECT_TRUE(harness.take_payloads().empty());
  const std::string_view memory(reinterpret_cast<const char*>(&harness.blocks().control(0)),
                                std::size_t{64} * kBlockBytes);
  EXPECT_EQ(memory.find(std::string(16, '\xab')), std::string_view::npos);
}

TEST(Worker, ManualStartAndStopCutTheStream) {
  WorkerHarness harness;
  harness.command(harness.target(1, kCustomer, TargetMode::kSuppress));
  for (std::uint16_t i = 0; i < 10; ++i) harness.receive(voice(i, 1));
  harness.command(harness.target(1, kCustomer, TargetMode::kRecord));
  for (std::uint16_t i = 10; i < 30; ++i) harness.receive(voice(i, 2));
  harness.command(harness.target(1, kCustomer, TargetMode::kSuppress));
  for (std::uint16_t i = 30; i < 40; ++i) harness.receive(voice(i, 3));
  const auto kept = harness.take_payloads().at(recording_id(1));
  ASSERT_EQ(kept.size(), 20u);
  for (const Bytes& payload : kept) EXPECT_EQ(payload, Bytes(160, 2));
  const auto ended = harness.events<StreamEnded>();
  ASSERT_EQ(ended.size(), 2u);
  EXPECT_EQ(ended[1].packets, 20u);
  EXPECT_EQ(ended[1].recording, recording_id(1));
  EXPECT_EQ(ended[1].cause, StreamEndCause::kTargetChanged);
}

TEST(Worker, CountsDuplicatesLossAndReordering) {
  WorkerHarness harness;
  harness.command(harness.target(1, kCustomer, TargetMode::kRecord));
  constexpr std::array<std::uint16_t, 8> kSequences{65534, 65535, 65535, 1, 0, 4, 4, 65534};
  for (const std::uint16_t sequence : kSequences) {
    harness.receive(voice(sequence, 1), kNsPerMs);
  }
  harness.command(TargetDrop{{}, 1});
  const auto ended = harness.events<StreamEnded>();
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].packets, 5u);
  EXPECT_EQ(ended[0].duplicates, 3u);
  EXPECT_EQ(ended[0].reordered, 1u);
  EXPECT_EQ(ended[0].lost, 2u);
  EXPECT_EQ(harness.count(Counter::kDuplicate), 3u);
}

TEST(Worker, SignallingGoesToControlAsItCame) {
  WorkerHarness harness;
  const std::string text = "OPTIONS sip:a@b SIP/2.0\r\n\r\n";
  const Bytes sip(text.begin(), text.end());
  harness.receive(datagram(endpoint("10.0.0.1", 5060), endpoint("10.0.0.2", 5060), sip));
  harness.receive(datagram(endpoint("10.0.0.1", 15060), endpoint("10.0.0.2", 25060), sip));
  const auto inspected = harness.events<Inspect>();
  ASSERT_EQ(inspected.size(), 2u);
  EXPECT_EQ(inspected[0].payload_bytes, sip.size());
  EXPECT_EQ(inspected[0].src, endpoint("10.0.0.1", 5060));
  EXPECT_EQ(harness.count(Counter::kSignallingSip), 2u);
  harness.receive(
      datagram(endpoint("10.0.0.1", 5060), endpoint("10.0.0.2", 5060), {'\r', '\n', '\r', '\n'}));
  EXPECT_EQ(harness.count(Counter::kSignallingKeepAlive), 1u);
}

TEST(Worker, RtcpOfACallIsSignalling) {
  WorkerHarness harness;
  TargetPut rtcp = harness.target(2, endpoint("10.0.0.2", 5001), TargetMode::kSuppress);
  rtcp.kind = TargetKind::kRtcp;
  const Bytes report = datagram(endpoint("10.0.0.1", 4001), endpoint("10.0.0.2", 5001),
                                {0x80, 200, 0, 1, 0, 0, 0, 9});
  harness.receive(report);
  EXPECT_EQ(harness.totals().pending, 1u);
  harness.command(rtcp);
  harness.receive(report);
  EXPECT_EQ(harness.count(Counter::kSignallingRtcp), 2u);
  EXPECT_EQ(harness.totals().pending, 0u);
}

TEST(Worker, NewCallTakesTheEndpointOver) {
  WorkerHarness harness;
  harness.command(harness.target(1, kCustomer, TargetMode::kRecord, 1));
  harness.receive(voice(1, 1));
  harness.command(harness.target(2, kCustomer, TargetMode::kRecord, 2));
  harness.receive(voice(2, 2));
  harness.command(TargetDrop{{}, 2});
  harness.receive(voice(3, 3));  // The older call is there still.
  const auto payloads = harness.take_payloads();
  EXPECT_EQ(payloads.at(recording_id(1)).size(), 2u);
  EXPECT_EQ(payloads.at(recording_id(2)).size(), 1u);
  EXPECT_TRUE(harness.totals().balanced());
}

TEST(Worker, IdleStreamsEndAndLeave) {
  WorkerHarness harness;
  harness.command(harness.target(1, kCustomer, TargetMode::kRecord));
  harness.receive(voice(1, 1));
  harness.pass(61 * kNsPerSecond);
  const auto ended = harness.events<StreamEnded>();
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].cause, StreamEndCause::kIdle);
  EXPECT_EQ(harness.count(Counter::kStreams), 0u);
  harness.receive(voice(2, 2));  // Speaks again: a new stream of the same call.
  EXPECT_EQ(harness.events<StreamStarted>().size(), 2u);
}

// Goal: no block stays open longer than the flush interval allows.
TEST(Worker, FlushesOldBlocks) {
  WorkerConfig config;
  config.flush_interval_us = 2'000'000;
  WorkerHarness harness(config);
  harness.command(harness.target(1, kCustomer, TargetMode::kRecord));
  harness.receive(voice(1, 1));
  harness.pass(3 * kNsPerSecond);
  EXPECT_EQ(harness.count(Counter::kBlocksFlushedEarly), 1u);
  harness.receive(voice(2, 2));
  EXPECT_EQ(harness.take_payloads().at(recording_id(1)).size(), 2u);
}

TEST(Worker, DropsWithANameWhenNoBlockIsFree) {
  WorkerHarness harness({}, 1);
  harness.command(harness.target(1, kCustomer, TargetMode::kRecord));
  harness.receive(voice(1, 1, 7));
  harness.receive(voice(1, 1, 8));  // A second stream, no second block.
  EXPECT_EQ(harness.count(Counter::kDroppedNoBlock), 1u);
  EXPECT_TRUE(harness.totals().balanced());
  (void)harness.take_payloads();
  harness.receive(voice(2, 1, 8));  // Goes on by itself.
  EXPECT_EQ(harness.count(Counter::kAccepted), 2u);
}

TEST(Worker, ResyncDropsWhatWasNotNamed) {
  WorkerHarness harness;
  harness.command(harness.target(1, kCustomer, TargetMode::kRecord, 1));
  harness.command(harness.target(2, kAgent, TargetMode::kRecord, 1, Side::kCaller));
  harness.receive(voice(1, 1));
  harness.command(ResyncBegin{});
  harness.command(harness.target(1, kCustomer, TargetMode::kRecord, 1));
  harness.command(ResyncEnd{});
  EXPECT_EQ(harness.count(Counter::kTargets), 1u);
  harness.receive(voice(2, 1));
  EXPECT_TRUE(harness.events<StreamEnded>().empty());  // The named one went on without a gap.
  EXPECT_EQ(harness.take_payloads().at(recording_id(1)).size(), 2u);
}

// Goal (G6): what a killed process had put into blocks is whole in the memory it leaves.
TEST(BlockMemory, SuccessorFindsWholeRecords) {
  WorkerHarness harness;
  harness.command(harness.target(1, kCustomer, TargetMode::kRecord));
  for (std::uint16_t i = 0; i < 30; ++i) harness.receive(voice(i, 9));
  auto successor = BlockMemory::open(harness.blocks_fd(), kBlockBytes, 64);
  ASSERT_TRUE(successor);
  ASSERT_EQ(successor->orphans().size(), 1u);
  const std::uint32_t slot = successor->orphans()[0];
  ASSERT_TRUE(successor->complete_orphan(slot));
  EXPECT_EQ(successor->head(slot).packets, 30u);
  EXPECT_EQ(RecordingId{successor->head(slot).recording}, recording_id(1));
  EXPECT_EQ(successor->head(slot).last_arrival_us,
            static_cast<std::uint64_t>(harness.now().value / kNsPerUs));
}

// Goal (G1): whatever comes in, every packet ends in one counter or is pending. Method: random
// mixture of valid, cut and damaged frames, with commands in between.
TEST(Worker, EveryPacketIsAccountedForUnderRandomInput) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed=" << seed);
  std::mt19937 random(seed);
  WorkerHarness harness({}, 16);
  for (int step = 0; step < 20'000; ++step) {
    Bytes bytes =
        voice(static_cast<std::uint16_t>(step / 3 + static_cast<int>(random() % 4)),
              static_cast<std::uint8_t>(random()), static_cast<std::uint32_t>(random() % 12));
    const auto dice = random() % 10;
    if (dice == 0) bytes.resize(random() % bytes.size());
    if (dice == 1) bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
    harness.receive(bytes, static_cast<std::int64_t>(random() % 50) * kNsPerMs);
    const TargetId id = 1 + random() % 3;
    const auto n = static_cast<std::uint8_t>(id);
    if (random() % 40 == 0) harness.command(harness.target(id, kCustomer, TargetMode::kRecord, n));
    if (random() % 60 == 0) harness.command(harness.target(id, kAgent, TargetMode::kSuppress, n));
    if (random() % 50 == 0) harness.command(TargetDrop{{}, id});
    if (random() % 200 == 0) (void)harness.take_payloads();
    ASSERT_TRUE(harness.totals().balanced()) << "step=" << step;
    (void)harness.events<Tick>();
  }
  EXPECT_GT(harness.totals().stored, 1000u);
}

}  // namespace
}  // namespace opptak::dataplane
