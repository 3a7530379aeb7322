#include <random>
#include <unordered_map>

#include <gtest/gtest.h>

#include "dataplane/api/record_ring.h"
#include "dataplane/stream/sequence_window.h"
#include "dataplane/stream/stream.h"
#include "dataplane/stream/waiting_room.h"

namespace opptak::dataplane {
namespace {

// Goal: the index never loses or invents an entry. Method: random inserts and erases against
// std::unordered_map, with few hashes so that buckets overflow.
TEST(HashIndex, AgreesWithAModelUnderRandomUse) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed=" << seed);
  std::mt19937_64 random(seed);
  HashIndex index(4096);
  std::unordered_map<std::uint32_t, std::uint64_t> model;
  std::uint32_t next = 0;
  for (int step = 0; step < 50'000; ++step) {
    if (model.size() < 2000 && random() % 3 != 0) {
      const std::uint64_t hash = (random() % 64) | (random() % 4) << 32;
      index.insert(hash, next);
      model[next++] = hash;
    } else if (!model.empty()) {
      const auto victim = model.begin();
      index.erase(victim->second, victim->first);
      model.erase(victim);
    }
    if (step % 500 != 0) continue;
    for (const auto& [entry, hash] : model) {
      ASSERT_EQ(index.find(hash, [&](std::uint32_t i) { return i == entry; }), entry);
    }
    ASSERT_EQ(index.find(1, [&](std::uint32_t i) { return !model.contains(i); }), kNoEntry);
  }
}

TEST(SequenceWindow, TellsNextLateDuplicateAndRestart) {
  SequenceWindow window;
  std::uint16_t highest = 65'530;
  window.start(highest);
  EXPECT_EQ(window.observe(highest, 65'531), SequenceVerdict::kNext);
  EXPECT_EQ(window.observe(highest, 3), SequenceVerdict::kNext);  // Over the wrap, with a gap.
  EXPECT_EQ(window.observe(highest, 65'535), SequenceVerdict::kLate);
  EXPECT_EQ(window.observe(highest, 65'535), SequenceVerdict::kDuplicate);
  EXPECT_EQ(window.observe(highest, 3), SequenceVerdict::kDuplicate);
  EXPECT_EQ(window.observe(highest, 65'530), SequenceVerdict::kDuplicate);
  EXPECT_EQ(highest, 3);
  EXPECT_EQ(window.observe(highest, 40'000), SequenceVerdict::kRestart);
  EXPECT_EQ(highest, 40'000);
  EXPECT_EQ(window.observe(highest, 40'000), SequenceVerdict::kDuplicate);
}

// Goal: within its span the window is exact. Method: random walk against a set of all numbers.
TEST(SequenceWindow, IsExactWithinItsSpan) {
  std::mt19937 random(7);
  SequenceWindow window;
  std::uint16_t highest = 0;
  std::uint64_t extended_highest = 1 << 20;
  window.start(0);
  std::unordered_map<std::uint64_t, bool> seen{{extended_highest, true}};
  for (int step = 0; step < 200'000; ++step) {
    const auto move = static_cast<int>(random() % 560) - 500;
    const std::uint64_t extended = extended_highest + static_cast<std::uint64_t>(move);
    const auto verdict = window.observe(highest, static_cast<std::uint16_t>(extended));
    if (seen.contains(extended)) {
      ASSERT_EQ(verdict, SequenceVerdict::kDuplicate) << step;
    } else {
      ASSERT_EQ(verdict, move > 0 ? SequenceVerdict::kNext : SequenceVerdict::kLate) << step;
    }
    seen[extended] = true;
    extended_highest = std::max(extended_highest, extended);
  }
}

TEST(WaitingRoom, KeepsOrderAndRefusesWhenFull) {
  WaitingRoom room(4096);
  const std::vector<std::uint8_t> payload(200, 1);
  std::uint64_t held = 0;
  while (room.hold(static_cast<std::uint32_t>(held), held, payload) != WaitingRoom::kFull) ++held;
  EXPECT_GE(held, 15u);
  // Let half of them go: the memory is used again, over the end, in order.
  for (std::uint64_t round = 0; round < 100; ++round) {
    HeldPacket* oldest = room.front();
    ASSERT_NE(oldest, nullptr);
    ASSERT_EQ(oldest->arrival_us, round);
    ASSERT_EQ(oldest->payload().size(), payload.size());
    WaitingRoom::take(*oldest);
    (void)room.front();
    const auto next = held + round;
    ASSERT_NE(room.hold(0, next, payload), WaitingRoom::kFull) << round;
  }
}

TEST(RecordRing, GivesBackWhatWasPutInAcrossItsEnd) {
  constexpr std::uint64_t kBytes = 1024;
  alignas(64) static std::byte memory[ring_bytes(kBytes)];
  auto* ring = new (memory) RingMemory;
  ring->data_bytes = kBytes;
  RecordProducer producer(*ring);
  RecordConsumer consumer(*ring);
  std::uint64_t put = 0;
  std::uint64_t taken = 0;
  for (int step = 0; step < 10'000; ++step) {
    BarrierReached message{};
    message.token = put;
    while (producer.push(message, 3)) message.token = ++put;
    for (int i = 0; i < step % 7 + 1; ++i) {
      const MessageHeader* header = consumer.next();
      if (header == nullptr) break;
      ASSERT_EQ(as<BarrierReached>(*header).token, taken++);
      ASSERT_EQ(header->thread, 3);
    }
    consumer.release();
  }
  EXPECT_GT(taken, 10'000u);
}

// Goal: a consumer that dies before release() sees its records again, one that comes later too.
TEST(RecordRing, DeliversAgainWhatWasNotReleased) {
  constexpr std::uint64_t kBytes = 1024;
  alignas(64) static std::byte memory[ring_bytes(kBytes)];
  auto* ring = new (memory) RingMemory;
  ring->data_bytes = kBytes;
  RecordProducer producer(*ring);
  BarrierReached message{};
  for (message.token = 0; message.token < 4; ++message.token)
    ASSERT_TRUE(producer.push(message, 0));
  {
    RecordConsumer dies(*ring);
    EXPECT_EQ(as<BarrierReached>(*dies.next()).token, 0u);
    dies.release();
    EXPECT_EQ(as<BarrierReached>(*dies.next()).token, 1u);
  }
  RecordConsumer successor(*ring);
  EXPECT_EQ(as<BarrierReached>(*successor.next()).token, 1u);
}

}  // namespace
}  // namespace opptak::dataplane
